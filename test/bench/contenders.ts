/** What is timed, each from a fresh state, against one loopback upstream. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SyncReport } from '../../src/sync/report.ts';
import { type Command, type Cost, measure } from './measure.ts';
import { go, modferry, plainEnv } from './programs.ts';
import type { Source } from './source.ts';

export const CONTENDERS = [
  'curl',
  'hash',
  'go',
  'cold',
  'unchanged',
  'coldLog',
  'unchangedLog',
  'diskGo',
  'diskCold',
] as const;
export type Contender = (typeof CONTENDERS)[number];

/** What one timing of one contender cost; `requests` where the contender counts them. */
export interface Timing extends Omit<Cost, 'stdout'> {
  readonly requests?: number;
}

/** As the mirror that is the upstream recorded it. */
const LOG = 'sum.golang.org';

/** One timing of each contender. */
export type Round = Partial<Record<Contender, Timing>>;

export interface Arena {
  readonly source: Source;
  /** The loopback upstream. */
  readonly url: string;
  /** Everything that is timed works in here. */
  readonly folder: string;
  /** The same on a real disk. */
  readonly disk: string | undefined;
}

/** Times all of them, one after the other. Leaves nothing behind. */
export async function timeRound(arena: Arena, say: (line: string) => void): Promise<Round> {
  const round: Round = {};
  const time = async (name: Contender, folder: string, timing: () => Promise<Timing>) => {
    mkdirSync(folder, { recursive: true });
    round[name] = await timing();
    say(`${name}: ${round[name].seconds.toFixed(2)} s`);
  };
  const { folder, disk } = arena;
  // An interrupted benchmark may have left something.
  for (const left of [folder, disk]) if (left !== undefined) rmSync(left, { recursive: true, force: true });
  await time('curl', folder, () => timeCurl(arena));
  await time('hash', folder, () => timeHash(arena));
  await time('go', folder, () => timeGo(arena, folder));
  await time('cold', folder, () => timeSync(arena, folder, 'published'));
  await time('unchanged', folder, () => timeSync(arena, folder, 'unchanged'));
  rmSync(folder, { recursive: true, force: true });
  await time('coldLog', folder, () => timeSync(arena, folder, 'published', LOG));
  await time('unchangedLog', folder, () => timeSync(arena, folder, 'unchanged', LOG));
  rmSync(folder, { recursive: true, force: true });
  if (disk === undefined) return round;
  await time('diskGo', disk, () => timeGo(arena, disk));
  await time('diskCold', disk, () => timeSync(arena, disk, 'published'));
  rmSync(disk, { recursive: true, force: true });
  return round;
}

/** Fetches every file, and keeps it. */
function timeCurl({ source, url, folder }: Arena): Promise<Timing> {
  const to = join(folder, 'curl');
  const list = join(folder, 'curl.list');
  mkdirSync(to);
  const wire = (path: string) => `${url}/${path.replaceAll('!', '%21')}`;
  const lines = source.paths.map((path, i) => `url = "${wire(path)}"\noutput = "${join(to, String(i))}"\n`);
  writeFileSync(list, lines.join(''));
  const args = ['--parallel', '--parallel-max', '32', '--fail', '--silent', '--show-error', '--config', list];
  return timed({ program: 'curl', args, env: plainEnv(), cwd: folder }, [to]);
}

/** Unpacks and hashes every zip. */
function timeHash({ source, folder }: Arena): Promise<Timing> {
  const list = join(folder, 'hash.list');
  const zips = source.paths.filter((path) => path.endsWith('.zip'));
  writeFileSync(list, zips.map((path) => `${join(source.root, path)}\n`).join(''));
  const program = join(import.meta.dirname, 'hash-floor.ts');
  return timed({ program: process.execPath, args: [program, list], env: plainEnv(), cwd: folder });
}

/** All versions in one call: 20,000 of them fit in what Linux lets a command line have. */
function timeGo({ source, url }: Arena, folder: string): Promise<Timing> {
  const modCache = join(folder, 'modcache');
  const env = { ...plainEnv(), GOPROXY: url };
  return timed(go(['mod', 'download', ...source.whole], modCache, env), [modCache]);
}

/** A mirror that is not there yet, or that has everything. */
async function timeSync(
  { source, url }: Arena,
  folder: string,
  expected: SyncReport['outcome'],
  sumdb = 'off',
): Promise<Timing> {
  const config = join(folder, 'mirror.config.json');
  const { seeds, accept } = source;
  writeFileSync(
    config,
    JSON.stringify({ mirror: 'mirror', seeds: [seeds], upstream: url, accept, sumdb, graph: 'listed' }),
  );
  const { stdout, ...cost } = await measure(modferry(['sync', '--json', '--config', config]));
  const { outcome, requests }: SyncReport = JSON.parse(stdout);
  if (outcome !== expected) throw new Error(`the sync was to end as ${expected} and ended as ${outcome}`);
  return { ...cost, requests };
}

/** Removes what the command made, so that memory does not fill up. */
async function timed(command: Command, made: readonly string[] = []): Promise<Timing> {
  const { stdout: _, ...cost } = await measure(command);
  for (const path of made) rmSync(path, { recursive: true, force: true });
  return cost;
}
