/**
 * A client of a checksum database that goes by what lies here, published or kept, and asks the log only for what is
 * here nowhere in a form that proves itself.
 */
import { hash } from 'node:crypto';
import { UpstreamError } from '../errors.ts';
import { LATEST, type LogFolder } from '../site/log-folder.ts';
import { SumDbClient } from '../sumdb/client.ts';
import { HASH_SIZE } from '../sumdb/hash.ts';
import { parseTilePath } from '../sumdb/tile.ts';
import type { TreeHead } from '../sumdb/tree-head.ts';
import type { VerifierKey } from '../sumdb/verifier-key.ts';
import type { LogServer } from '../upstream/log-server.ts';

export interface LogClientDeps {
  readonly keys: readonly [VerifierKey, ...VerifierKey[]];
  readonly folder: LogFolder;
  /** What tiles must be, by path, as far as the ledger knows. */
  readonly known: ReadonlyMap<string, string>;
  /** Undefined where nobody can be asked. */
  readonly server: Pick<LogServer, 'lookup' | 'tile'> | undefined;
  readonly signal: AbortSignal;
}

/** Everything is proved under `head`, and under what lookups carry that is newer; these are read here, or asked for. */
export function mendingClient(head: TreeHead, lookups: 'here' | 'asked', deps: LogClientDeps): SumDbClient {
  const { keys, folder, known, server, signal } = deps;
  return new SumDbClient({
    keys,
    knownHeads: [head],
    outside: {
      lookup: async (path, mv) => {
        if (lookups === 'asked') return (await asked(server, path).lookup(path, mv, { signal })).body;
        const bytes = folder.read(path);
        if (bytes !== undefined) return bytes;
        throw new UpstreamError('NOT_FOUND', `${path}: is not there`);
      },
      latest: async () => {
        throw new UpstreamError('NOT_FOUND', `${LATEST}: is not asked for`);
      },
      tile: async (path) => {
        const size = parseTilePath(path).width * HASH_SIZE;
        return (await asked(server, path).tile(path, size, { signal })).body;
      },
      readTile: async (path) => soundest(path, [await folder.readTile(path), folder.read(path)], known),
      keepTile: (path, bytes) => folder.keepTile(path, bytes),
    },
  });
}

/** Where the ledger knows what it must be, that; else the first that has the right size. */
function soundest(
  path: string,
  candidates: readonly (Buffer | undefined)[],
  known: ReadonlyMap<string, string>,
): Buffer | undefined {
  const expected = known.get(path);
  const size = parseTilePath(path).width * HASH_SIZE;
  const isSound = (bytes: Buffer | undefined) =>
    bytes?.length === size && (expected === undefined || hash('sha256', bytes) === expected);
  return candidates.find(isSound);
}

function asked<T>(server: T | undefined, path: string): T {
  if (server !== undefined) return server;
  throw new UpstreamError('NOT_FOUND', `${path}: the configuration does not say where this log is`);
}
