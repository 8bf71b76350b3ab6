/** A published checksum database, read as a client without a network reads it. */
import { join } from 'node:path';
import { UpstreamError } from '../errors.ts';
import { unescapePath, unescapeVersion } from '../gomod/escape.ts';
import { type ModuleVersion, parseModuleVersion } from '../gomod/module-version.ts';
import { LATEST, type LogFolder } from '../site/log-folder.ts';
import { walk } from '../site/walk.ts';
import { SumDbClient } from '../sumdb/client.ts';
import type { VerifierKey } from '../sumdb/verifier-key.ts';

/** Believes nothing but what the published files prove; keeps nothing. */
export function localClient(keys: readonly [VerifierKey, ...VerifierKey[]], folder: LogFolder): SumDbClient {
  const read = async (path: string): Promise<Buffer> => {
    const bytes = folder.read(path);
    if (bytes !== undefined) return bytes;
    throw new UpstreamError('NOT_FOUND', `${path}: is not there`);
  };
  return new SumDbClient({
    keys,
    outside: {
      lookup: read,
      tile: read,
      latest: () => read(LATEST),
      readTile: async () => undefined,
      keepTile: async () => {},
    },
  });
}

/** The module versions whose lookups are published, sorted by path. */
export function publishedLookups(folder: LogFolder): ModuleVersion[] {
  const names = Array.from(walk(join(folder.published, 'lookup')), ({ path }) => path);
  return names.sort().map((name) => {
    const at = name.lastIndexOf('@');
    return parseModuleVersion(unescapePath(name.slice(0, at)), unescapeVersion(name.slice(at + 1)));
  });
}
