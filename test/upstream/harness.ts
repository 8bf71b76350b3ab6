/** What the tests of upstreams share: a reader that neither waits nor plays dice, and errors as plain values. */
import { MirrorError } from '../../src/errors.ts';
import { type ModuleVersion, parseModuleVersion } from '../../src/gomod/module-version.ts';
import { parseUpstreams, type UpstreamSpec } from '../../src/upstream/proxy-list.ts';
import { Upstreams, type UpstreamsOptions } from '../../src/upstream/upstreams.ts';

export const M: ModuleVersion = parseModuleVersion('example.com/m', 'v1.0.0');

export function mv(text: string): ModuleVersion {
  const [path = '', version = ''] = text.split('@');
  return parseModuleVersion(path, version);
}

/** Waits for nothing; two tries, unless the options say otherwise. */
export function reader(
  spec: string | readonly (string | UpstreamSpec)[],
  options: Partial<UpstreamsOptions> = {},
): Upstreams {
  const defaults = { userAgent: 'modferry/test', retries: 2, random: () => 0, sleep: async () => {} };
  return new Upstreams(parseUpstreams(spec).entries, { ...defaults, ...options });
}

export interface Told {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly module?: string | undefined;
}

/** The error that a promise or function ends with; anything but a MirrorError fails the test. */
export async function failureOf(run: Promise<unknown> | (() => unknown)): Promise<Told> {
  try {
    const value = await (typeof run === 'function' ? run() : run);
    throw new Error(`it succeeded with ${JSON.stringify(value)}`);
  } catch (error) {
    if (!(error instanceof MirrorError)) throw error;
    const { code, message, hint, module } = error;
    return {
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(module === undefined ? {} : { module }),
    };
  }
}

/** An error with all its causes, as a careless log would print it. */
export function everythingIn(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    parts.push(at.message, at.stack ?? '', JSON.stringify(at));
  }
  return parts.join('\n');
}
