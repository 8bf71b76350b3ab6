/**
 * The shape of a configuration, checked field by field. What passes here needs no more checking of types; relative
 * paths are still as written. Unknown fields are refused, with the nearest right name.
 */
import leven from 'leven';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';

const text = z.string().min(1);
const headers = z.record(text, z.string());
const patterns = z.array(text);
const milliseconds = z.int().min(1);
const date = z.iso.date();

const urlSeed = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  mod: z.url({ protocol: /^https?$/ }).optional(),
  headers: headers.optional(),
});
const moduleSeed = z.strictObject({ module: text, version: text });
const toolchainSeed = z.strictObject({ toolchain: text, platforms: z.array(text).min(1).optional() });

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
    .union([text, z.strictObject({ name: text, onMissing: z.enum(['hold', 'publish']).default('hold') })])
    .default('off'),
  graph: z.enum(['listed', 'selected', 'closure']).default('listed'),
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
  listen: text.optional(),
  maxAge: text.optional(),
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
  const [first] = checked.error.issues;
  if (first === undefined) throw new Error('a failed check without an issue');
  throw describeIssue(first, value, file);
}

/** The environment's fields as they were written: its defaults must not cover the file's own values. */
function environmentOf(value: unknown, name: string, file: string): object {
  const environments = (value as UserConfig).environments ?? {};
  const found = environments[name];
  if (found !== undefined) return found;
  const names = Object.keys(environments);
  throw new ConfigError('CONFIG_INVALID', `${file}: environments: there is no environment '${name}'`, {
    hint: names.length > 0 ? didYouMean(name, names) : 'the configuration has no environments',
  });
}

/** A union's own message says little: the branch that came furthest says what is wrong. */
function describeIssue(issue: z.core.$ZodIssue, value: unknown, file: string): ConfigError {
  if (issue.code === 'invalid_union') return describeUnion(issue, value, file);
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    const full = path === '' ? key : `${path}.${key}`;
    return new ConfigError('CONFIG_INVALID', `${file}: ${full}: unknown field`, {
      hint: didYouMean(key, knownFields(issue.path)),
    });
  }
  const where = path === '' ? '' : `${path}: `;
  const message = issue.message.replace(/^Invalid input: /, '');
  return new ConfigError('CONFIG_INVALID', `${file}: ${where}${lowerFirst(message)}`);
}

function describeUnion(issue: z.core.$ZodIssueInvalidUnion, value: unknown, file: string): ConfigError {
  const branches = issue.errors.filter((branch) => branch.some((inner) => !isWrongType(inner)));
  const branch = branches.sort((a, b) => a.length - b.length || missing(a) - missing(b))[0]?.[0];
  if (branch) return describeIssue({ ...branch, path: [...issue.path, ...branch.path] }, value, file);
  const shapes = [
    ...new Set(issue.errors.flat().map((inner) => lowerFirst(inner.message.replace('Invalid input: ', '')))),
  ];
  return new ConfigError('CONFIG_INVALID', `${file}: ${issue.path.join('.')}: ${shapes.join('; or ')}`);
}

function isWrongType(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

function missing(branch: readonly z.core.$ZodIssue[]): number {
  return branch.filter((issue) => issue.code === 'invalid_type').length;
}

/** The fields that may stand at a path; those of the whole configuration where it is not known. */
function knownFields(path: readonly PropertyKey[]): string[] {
  const last = path.findLast((element) => typeof element === 'string');
  const shapes: Record<string, z.ZodObject[]> = {
    seeds: [urlSeed, moduleSeed, toolchainSeed],
    upstream: [upstreamEntry],
    supplier: [party],
  };
  const shape = typeof last === 'string' ? (shapes[last] ?? nestedShape(last)) : undefined;
  return (shape ?? [schema]).flatMap((object) => Object.keys(object.shape));
}

function nestedShape(field: string): z.ZodObject[] | undefined {
  let inner: unknown = (settings.shape as Record<string, unknown>)[field];
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional) inner = inner.unwrap();
  if (inner instanceof z.ZodArray) inner = inner.element;
  return inner instanceof z.ZodObject ? [inner] : undefined;
}

/** `did you mean 'x'?`, or the whole list where nothing is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const [nearest] = known
    .map((name) => ({ name, distance: leven(word, name) }))
    .sort((a, b) => a.distance - b.distance);
  if (nearest && nearest.distance <= Math.max(2, word.length / 3)) return `did you mean '${nearest.name}'?`;
  return `known are: ${known.join(', ')}`;
}

function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}

function lowerFirst(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
