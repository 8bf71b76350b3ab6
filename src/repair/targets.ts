/**
 * What has to be mended, as contents and the places where each should lie: a hard link that is damaged is damaged
 * everywhere, and one good copy anywhere is enough.
 */
import { join } from 'node:path';
import { MODULE_FILES, type ModuleFile, moduleFilePath, parseModuleFilePath } from '../gomod/artifact.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import type { Layout } from '../site/layout.ts';
import type { ManifestFile } from '../site/manifest.ts';
import type { HeldFile, Ledger } from '../store/ledger.ts';
import type { Damage } from './journal.ts';
import type { Holder, Published } from './published.ts';

/** One content, and where it should lie. */
export interface Target {
  /** As a GOPROXY lays it out. */
  readonly listed: ManifestFile;
  /** What it is of; undefined for `list` and `@latest`, which are written for each snapshot and never linked. */
  readonly of: { readonly mv: ModuleVersion; readonly file: ModuleFile } | undefined;
  /** Snapshots that list it. */
  readonly ids: readonly string[];
  /** Below the mirror's folder, the pool first. */
  readonly places: readonly string[];
  /** Absolute paths of other files with the same bytes, if they are sound: an `.info` is `@latest` too. */
  readonly copies: readonly string[];
}

/** A pool file that no snapshot on disk lists. */
export interface PoolOnly {
  readonly mv: ModuleVersion;
  readonly file: ModuleFile;
  readonly held: HeldFile;
  readonly damage: Damage;
}

export interface Work {
  readonly targets: readonly Target[];
  readonly poolOnly: readonly PoolOnly[];
}

const INFO_OR_LATEST = /^(.+)\/(@v\/[^/]+\.info|@latest)$/;

/** Module files before the files that are made of them. */
export function findWork(
  damages: readonly Damage[],
  { layout, ledger, published }: { layout: Layout; ledger: Pick<Ledger, 'held'>; published: Published },
): Work {
  const damaged = new Map(
    damages.flatMap((damage) => protocolPath(damage)).map(([path, damage]) => [path, damage]),
  );
  const infos = new Set([...damaged.keys()].flatMap((path) => INFO_OR_LATEST.exec(path)?.[1] ?? []));
  const isRelated = (path: string) => infos.has(INFO_OR_LATEST.exec(path)?.[1] ?? '');
  const listings = published.listings((path) => damaged.has(path) || isRelated(path));
  const contents = Map.groupBy(
    listings.filter(({ listed }) => damaged.has(listed.path)),
    ({ listed }) => `${listed.path} ${listed.sha256}`,
  );
  const targets = [...contents.values()].flatMap((holders) => targetOf(holders, listings, layout, ledger));
  const poolOnly = [...damaged].flatMap(([path, damage]) => poolOnlyOf(path, damage, contents, ledger));
  return { targets: targets.sort((a, b) => rank(a) - rank(b)), poolOnly };
}

/** Zips first: a go.mod may be taken from one. */
function rank({ of }: Target): number {
  return of === undefined ? MODULE_FILES.length : MODULE_FILES.length - 1 - MODULE_FILES.indexOf(of.file);
}

/** The part of a path that is the GOPROXY's. */
function protocolPath(damage: Damage): [string, Damage][] {
  const [, path] = /^(?:pool|public\/snapshots\/[^/]+)\/(.+)$/.exec(damage.path) ?? [];
  const isProtocol = path !== undefined && /\/(@v\/[^/]+|@latest)$/.test(path);
  return isProtocol ? [[path, damage]] : [];
}

function targetOf(
  holders: readonly Holder[],
  listings: readonly Holder[],
  layout: Layout,
  ledger: Pick<Ledger, 'held'>,
): Target[] {
  const [first] = holders;
  if (first === undefined) return [];
  const { listed } = first;
  const of = parseModuleFilePath(listed.path);
  const ids = holders.map(({ id }) => id);
  const held = of && ledger.held(of.mv).get(of.file);
  const isPooled = of !== undefined && (held === undefined || held.sha256 === listed.sha256);
  const inSnapshots = ids.map((id) => `public/snapshots/${id}/${listed.path}`);
  const copies = listings
    .filter((other) => other.listed.sha256 === listed.sha256 && other.listed.path !== listed.path)
    .flatMap((other) => [
      join(layout.snapshots, other.id, other.listed.path),
      join(layout.pool, other.listed.path),
    ]);
  return [
    { listed, of, ids, places: [...(isPooled ? [`pool/${listed.path}`] : []), ...inSnapshots], copies },
  ];
}

function poolOnlyOf(
  path: string,
  damage: Damage,
  contents: ReadonlyMap<string, unknown>,
  ledger: Pick<Ledger, 'held'>,
): PoolOnly[] {
  const of = parseModuleFilePath(path);
  const held = of && ledger.held(of.mv).get(of.file);
  if (of === undefined || held === undefined || contents.has(`${path} ${held.sha256}`)) return [];
  return damage.path === `pool/${moduleFilePath(of.mv, of.file)}` ? [{ ...of, held, damage }] : [];
}
