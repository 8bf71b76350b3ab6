/**
 * The shape of a configuration, checked field by field. What passes here needs no more checking of types; relative
 * paths are still as written. Unknown fields are refused, with the nearest right name.
 */
import { z } from 'zod';
import { ConfigError } from '../errors.ts';
import { DURATION } from './duration.ts';
import { didYouMean, explainIssues } from './explain.ts';

const text = z.string().min(1);
const headers = z.record(text, z.string());
const patterns = z.array(text);
const milliseconds = z.int().min(1);
const date = z.iso.date();
const duration = z.string().regex(DURATION, 'a duration is written as 26h, 90m or 1d12h');

const urlSeed = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  mod: z.url({ protocol: /^https?$/ }).optional(),
  headers: headers.optional(),
});
const moduleSeed = z.strictObject({ module: text, version: text });
const toolchainSeed = z.strictObject({
  toolchain: text,
  platforms: z
    .array(z.string().regex(/^[a-z0-9]+-[a-z0-9]+$/, 'a platform is written as linux-amd64'))
    .min(1)
    .default(['linux-amd64']),
});

const upstreamEntry = z.strictObject({
  url: text,
  headers: headers.optional(),
  ca: text.optional(),
  only: patterns.optional(),
  except: patterns.optional(),
});

const party = z.strictObject({ name: text, url: z.url().optional(), email: z.email().optional() });

const settings = z.strictObject({
  mirror: text.default('./mirror'),
  seeds: z.array(z.union([text, urlSeed, moduleSeed, toolchainSeed])).min(1),
  upstream: z.union([text, z.array(z.union([text, upstreamEntry])).min(1)]).optional(),
  private: z.union([z.string(), patterns]).optional(),
  sumdb: z
    .union([
      text,
      z.strictObject({
        name: text.optional(),
        onMissing: z.enum(['hold', 'publish']).default('hold'),
        heads: z.array(text).default([]),
        folder: text.optional(),
      }),
    ])
    .optional(),
  graph: z.enum(['listed', 'selected', 'closure']).optional(),
  zips: z.enum(['listed', 'graph']).default('listed'),
  accept: z
    .array(z.strictObject({ module: text, version: text, reason: text, until: date.optional() }))
    .default([]),
  strict: z.boolean().default(false),
  connections: z.int().min(1).max(256).optional(),
  timeouts: z
    .strictObject({
      connect: milliseconds.optional(),
      idle: milliseconds.optional(),
      total: milliseconds.optional(),
      minRate: z.int().min(0).optional(),
      rateWindow: milliseconds.optional(),
    })
    .default({}),
  retries: z.int().min(1).max(20).optional(),
  schedule: text.optional(),
  timezone: text.optional(),
  jitter: duration.default('0s'),
  retryAfter: duration.default('15m'),
  listen: text.optional(),
  maxAge: duration.optional(),
  keep: z.strictObject({ snapshots: z.int().min(1).optional(), days: z.int().min(1).optional() }).optional(),
  sbom: z
    .strictObject({
      supplier: party.optional(),
      authors: z.array(z.strictObject({ name: text, email: z.email().optional() })).optional(),
      baseUrl: z.url({ protocol: /^https?$/ }).optional(),
      sign: z.unknown().optional(),
    })
    .default({}),
  policy: text.optional(),
});

const schema = settings.extend({
  environments: z.record(text, settings.partial().strict()).optional(),
});

/** What a person may write. */
export type UserConfig = z.input<typeof schema>;
/** What was written, with defaults filled in. */
export type Settings = z.output<typeof settings>;
export type SeedSpec = Settings['seeds'][number];
export type UpstreamSpec = NonNullable<Settings['upstream']>;
export type SbomSettings = Settings['sbom'];
export type Accepted = Settings['accept'][number];

/** Checks a configuration and lays the environment over it. `file` is named in messages. */
export function parseSettings(value: unknown, file: string, environment?: string): Settings {
  const written = checkShape(value, file);
  if (environment === undefined) return settings.parse(without(written, 'environments'));
  const overlay = environmentOf(value, environment, file);
  return settings.parse({ ...without(written, 'environments'), ...overlay });
}

function checkShape(value: unknown, file: string): z.output<typeof schema> {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  throw explainIssues(checked.error.issues, schema, file);
}

/** The environment's fields as they were written: its defaults must not cover the file's own values. */
function environmentOf(value: unknown, name: string, file: string): object {
  const environments = (value as UserConfig).environments ?? {};
  const found = Object.hasOwn(environments, name) ? environments[name] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(environments);
  throw new ConfigError('CONFIG_INVALID', `${file}: environments: there is no environment '${name}'`, {
    hint: names.length > 0 ? didYouMean(name, names) : 'the configuration has no environments',
  });
}

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}
