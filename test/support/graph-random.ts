/**
 * Random module graphs, the same ones for the same seed: universes of modules of all ages that require each other in
 * circles, and roots and workspaces over them, with all that a root may say. Every version that is required exists,
 * and no two replace directives contradict each other, so that the go command has an answer.
 */
import type { GraphCase } from './graph-mods.ts';

export type Random = () => number;

export interface RandomCase extends GraphCase {
  readonly name: string;
  /** Set for a workspace: one folder for each root. */
  readonly use?: readonly string[];
}

const PSEUDO = 'v0.0.0-20240102030405-abcdefabcdef';
const VERSIONS = [
  'v0.1.0',
  'v0.9.0',
  'v1.0.0',
  'v1.1.0',
  'v1.1.1-0.20240102030405-abcdefabcdef',
  'v1.2.0-rc.1',
  'v1.2.0',
  'v1.10.0',
];
const GO_LINES = [
  '',
  '',
  'go 1.12',
  'go 1.16',
  'go 1.17',
  'go 1.17',
  'go 1.18',
  'go 1.20',
  'go 1.21',
  'go 1.22.3',
  'go 1.24',
];
const ROOT_GO_LINES = [
  '',
  'go 1.11',
  'go 1.16',
  'go 1.17',
  'go 1.17',
  'go 1.20',
  'go 1.21.0',
  'go 1.24',
  'go 1.24',
  'go 1.26.0',
  'go 1.26.0',
];

/** Numbers from 0 up to 1, after Marsaglia's xorshift. */
export function randomNumbers(seed: number): Random {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Module versions with their go.mod texts; paths begin with `name`. */
export function randomUniverse(random: Random, name: string): Record<string, string> {
  const count = 4 + below(random, 14);
  const all = Array.from({ length: count }, (_, index) =>
    versionsOf(random, `${name}.test/m${index}`),
  ).flat();
  const density = random() * 3;
  return Object.fromEntries(
    all.map((mv) => [
      mv,
      [pick(random, GO_LINES), ...requirements(random, all, below(random, 1 + density * 2))].join('\n'),
    ]),
  );
}

/** A module whose path is one of the universe, so that others require it, or none of them. */
export function randomModule(random: Random, name: string, mods: Record<string, string>): RandomCase {
  const all = Object.keys(mods);
  const folders: Record<string, string> = {};
  const path = random() < 0.5 ? pathOf(pick(random, all)) : `${name}.test/root`;
  const replaced = new Set<string>();
  return { name, mods, folders, roots: [rootText(random, path, all, folders, replaced)] };
}

/** A workspace of several modules, some of which the universe has versions of. */
export function randomWorkspace(random: Random, name: string, mods: Record<string, string>): RandomCase {
  const all = Object.keys(mods);
  const folders: Record<string, string> = {};
  const paths = new Set(Array.from({ length: 1 + below(random, 3) }, () => pathOf(pick(random, all))));
  if (random() < 0.5) paths.add(`${name}.test/root`);
  const replaced = new Set<string>();
  const roots = [...paths].map((path) => rootText(random, path, all, folders, replaced));
  const byWork = random() < 0.4 ? replacements(random, all, folders, new Set(paths)) : [];
  return {
    name,
    mods,
    folders,
    roots,
    work: ['go 1.26.0', ...byWork].join('\n'),
    use: [...paths].map((_, i) => `m${i}`),
  };
}

function rootText(
  random: Random,
  path: string,
  all: readonly string[],
  folders: Record<string, string>,
  replaced: Set<string>,
): string {
  const others = random() < 0.9 ? all.filter((mv) => pathOf(mv) !== path) : all;
  const required = requirements(random, others, 1 + below(random, 6));
  const isTidyLooking = random() < 0.7;
  return [
    `module ${path}`,
    pick(random, ROOT_GO_LINES),
    ...(isTidyLooking ? onceEach(required) : required),
    ...(random() < 0.3
      ? requirements(random, all, 1 + below(random, 3)).map((line) => line.replace('require', 'exclude'))
      : []),
    ...(random() < 0.3 ? replacements(random, all, folders, replaced) : []),
  ].join('\n');
}

function versionsOf(random: Random, path: string): string[] {
  const kind = random();
  if (kind < 0.1) return [`${path}@${PSEUDO}`];
  const some = VERSIONS.filter(() => random() < 0.4);
  const versions = some.length === 0 ? ['v1.0.0'] : some;
  if (kind < 0.2) return versions.map((version) => `${path}/v2@${version.replace(/^v\d+/, 'v2')}`);
  if (kind < 0.3) versions.push('v3.1.0+incompatible');
  return versions.map((version) => `${path}@${version}`);
}

function requirements(random: Random, all: readonly string[], count: number): string[] {
  return Array.from({ length: Math.floor(count) }, () => `require ${pick(random, all).replace('@', ' ')}`);
}

/**
 * Replaces what is not in `replaced`, and puts it there; nothing of a path that an earlier file replaces whole, which
 * would be a conflict, while the other way round the later file wins.
 */
function replacements(
  random: Random,
  all: readonly string[],
  folders: Record<string, string>,
  replaced: Set<string>,
): string[] {
  const earlier = new Set(replaced);
  const some = Array.from({ length: 1 + below(random, 3) }, () => pick(random, all));
  return [...some, ...some.slice(1)].flatMap((old) => {
    const what = random() < 0.5 ? old.replace('@', ' ') : pathOf(old);
    if (replaced.has(what) || earlier.has(pathOf(old))) return [];
    replaced.add(what);
    if (random() < 0.6) return [`replace ${what} => ${pick(random, all).replace('@', ' ')}`];
    const folder = `./folder${Object.keys(folders).length}`;
    const go = pick(random, GO_LINES);
    folders[folder] = ['module folder.test/any', go, ...requirements(random, all, below(random, 3))].join(
      '\n',
    );
    return [`replace ${what} => ${folder}`];
  });
}

function onceEach(lines: readonly string[]): string[] {
  return [...new Map(lines.map((line) => [line.split(' ')[1], line])).values()];
}

function pathOf(mv: string): string {
  return mv.slice(0, mv.lastIndexOf('@'));
}

function pick<T>(random: Random, list: readonly T[]): T {
  const item = list[below(random, list.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

function below(random: Random, end: number): number {
  return Math.floor(random() * end);
}
