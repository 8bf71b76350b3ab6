/**
 * A repair, from the first look to the last. Each round mends what the look before has found; what it mends may bring
 * more to light, as a manifest does, so rounds follow until nothing is bad or nothing more can be done. May be ended at
 * any moment: the next repair finds what is left.
 */
import { existsSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ZipHasher } from '../modzip/zip-hasher.ts';
import { syncFolder } from '../site/durable.ts';
import { ABOUT, type Layout, SHA256SUMS, SUMDB, SUMDB_LINK } from '../site/layout.ts';
import { Pool } from '../site/pool.ts';
import { keepDamaged } from '../site/set-aside.ts';
import { Store } from '../store/store.ts';
import { mendAbout, renewAboutCopy } from './about.ts';
import { learnPublished, type Rebuilt, setDatabaseAside } from './database.ts';
import { type FileDeps, mendFiles } from './files.ts';
import { type Damage, Journal, type Treatment } from './journal.ts';
import { type LogDeps, mendLog } from './log.ts';
import type { LogClientDeps } from './log-client.ts';
import { Published } from './published.ts';
import { belowMirror, type ReplaceDeps, removeUnlisted } from './replace.ts';

export interface RepairDeps {
  readonly layout: Layout;
  readonly upstreams: FileDeps['upstreams'];
  readonly hasher: ZipHasher;
  /** What is wrong with the state database. */
  readonly databaseFlaw: string | undefined;
  /** What `verify` finds now. */
  readonly look: (store: Store | undefined, databaseFlaw: string | undefined) => Promise<readonly Damage[]>;
  /** How a checksum database is read and asked; undefined where its keys are not known. */
  readonly logOf: (name: string) => Pick<LogClientDeps, 'keys' | 'server'> | undefined;
  readonly now: () => Date;
  readonly log: { info(message: string): void; warn(message: string): void };
  /** Ends the beginning of work. */
  readonly stop: AbortSignal;
  /** Ends what is under way. */
  readonly abort: AbortSignal;
}

/** A file that was bad; `repaired`: it is sound now. */
export interface TreatedDamage extends Damage {
  readonly repaired: boolean;
  readonly done: string;
}

export interface RepairReport {
  readonly problems: readonly TreatedDamage[];
  /** Files that are still bad. */
  readonly bad: number;
  readonly rebuilt: Rebuilt | undefined;
}

/** Rounds that a mirror can need: a manifest, its files, what is made of them; and some for what nobody foresaw. */
const MOST_ROUNDS = 6;

/** Throws the reason of a signal, StateError, SiteError and TreeForkError. */
export async function repairMirror(deps: RepairDeps): Promise<RepairReport> {
  const { layout, databaseFlaw, now, look } = deps;
  if (databaseFlaw !== undefined) {
    const found = await look(undefined, databaseFlaw);
    return found.length === 0 ? CLEAN : new Repair(deps, found).run();
  }
  const store = Store.forWriting(layout.stateDb, now);
  let found: readonly Damage[];
  try {
    found = await look(store, undefined);
  } finally {
    store.close();
  }
  return found.length === 0 ? CLEAN : new Repair(deps, found).run();
}

const CLEAN: RepairReport = { problems: [], bad: 0, rebuilt: undefined };

class Repair {
  readonly #deps: RepairDeps;
  readonly #journal = new Journal();
  readonly #seen = new Map<string, Damage>();
  #found: readonly Damage[];
  readonly #pool: Pool;
  #learned: Rebuilt = { snapshots: 0, files: 0, records: 0 };

  constructor(deps: RepairDeps, found: readonly Damage[]) {
    this.#deps = deps;
    this.#found = found;
    this.#pool = new Pool(deps.layout);
  }

  async run(): Promise<RepairReport> {
    const { layout, databaseFlaw, now } = this.#deps;
    const away = databaseFlaw === undefined ? undefined : setDatabaseAside(layout, now());
    const store = Store.forWriting(layout.stateDb, now);
    try {
      for (let round = 0; round < MOST_ROUNDS && this.#found.length > 0; round++) {
        for (const damage of this.#found)
          this.#seen.set(keyOf(damage), this.#seen.get(keyOf(damage)) ?? damage);
        const before = this.#journal.count;
        await this.#mend(store);
        this.#found = await this.#deps.look(store, undefined);
        if (this.#journal.count === before) break;
      }
    } finally {
      store.close();
    }
    return this.#report(away);
  }

  async #mend(store: Store): Promise<void> {
    const { layout, hasher, upstreams, log, abort: signal, stop, now } = this.#deps;
    const pool = this.#pool;
    const replace = { layout, pool, journal: this.#journal, now };
    const published = new Published(layout, store.snapshots);
    const damaged = this.#byId('public/snapshots/');
    for (const [id, damages] of damaged)
      await this.#mendSnapshot(id, damages, { ...replace, snapshots: store.snapshots });
    for (const [id, copies] of this.#byId('about/'))
      if (!damaged.has(id)) await renewAboutCopy(id, copies, replace);
    const warn = (message: string) => log.warn(message);
    const { ledger } = store;
    const files = { ...replace, published, ledger, hasher, upstreams, warn, signal, stop };
    await mendFiles(
      this.#found.filter(({ code }) => code !== 'UNLISTED'),
      files,
    );
    stop.throwIfAborted();
    const logs = this.#logs(store, published);
    for (const name of logs.keys()) await this.#mendLog(name, store, { ...replace, records: store.log });
    await this.#learn(store, logs);
    stop.throwIfAborted();
  }

  /** What is bad below this folder, by the snapshot that it belongs to. */
  #byId(folder: string): Map<string, Damage[]> {
    return Map.groupBy(
      this.#found.filter(({ path }) => path.startsWith(folder)),
      ({ path }) => path.slice(folder.length).split('/')[0] ?? '',
    );
  }

  /** What it says of itself, its link to the log, and what does not belong there. */
  async #mendSnapshot(
    id: string,
    damages: readonly Damage[],
    deps: Parameters<typeof mendAbout>[2],
  ): Promise<void> {
    const root = `public/snapshots/${id}`;
    const about = damages.filter(({ path }) => path.startsWith(`${root}/${ABOUT}/`));
    if (about.some(({ code }) => code !== 'UNLISTED')) await mendAbout(id, about, deps);
    const areSumsBad = about.some(({ path }) => path === `${root}/${SHA256SUMS}`);
    for (const damage of damages) {
      if (damage.code === 'UNLISTED') {
        // Without the sums nobody can say what belongs beside them.
        if (!(areSumsBad && about.includes(damage))) await removeUnlisted(damage, deps);
      } else if (damage.path === `${root}/${SUMDB}`) await linkLog(damage, deps);
    }
  }

  #logs(store: Store, published: Published): Map<string, LogClientDeps['keys']> {
    const { logOf } = this.#deps;
    const carried = [...store.snapshots.all(), ...published.ids.map((id) => published.manifest(id))];
    const names = new Set(carried.map((one) => one?.sumdb ?? '').filter((name) => name !== ''));
    return new Map(
      [...names].flatMap((name) => {
        const known = logOf(name);
        return known === undefined ? [] : [[name, known.keys] as const];
      }),
    );
  }

  async #mendLog(
    name: string,
    store: Store,
    deps: Omit<LogDeps, 'keys' | 'server' | 'signal'>,
  ): Promise<void> {
    const { layout, logOf, abort: signal } = this.#deps;
    const folder = `${belowMirror(layout, join(layout.sumdb, name))}/`;
    const own = this.#found.filter(({ path }) => path.startsWith(folder));
    const log = logOf(name);
    if (own.length === 0 || log === undefined) return;
    for (const damage of own) if (damage.code === 'UNLISTED') await removeUnlisted(damage, deps);
    const damages = new Map(
      own
        .filter(({ code }) => code !== 'UNLISTED')
        .map((damage) => [damage.path.slice(folder.length), damage]),
    );
    if (damages.size > 0) await mendLog(name, damages, { ...deps, ...log, signal, records: store.log });
  }

  async #learn(store: Store, logs: ReadonlyMap<string, LogClientDeps['keys']>): Promise<void> {
    const { layout, hasher, now, log } = this.#deps;
    const warn = (message: string) => log.warn(message);
    const { snapshots, files, records } = await learnPublished({
      layout,
      store,
      pool: this.#pool,
      hasher,
      logs,
      now,
      warn,
    });
    if (snapshots + files + records > 0) this.#journal.count++;
    this.#learned = {
      snapshots: this.#learned.snapshots + snapshots,
      files: this.#learned.files + files,
      records: this.#learned.records + records,
    };
  }

  #report(away: string | undefined): RepairReport {
    const still = new Set(this.#found.map(keyOf));
    const { snapshots, files, records } = this.#learned;
    const isRebuilt = away !== undefined || snapshots > 0;
    const learned = `knows ${snapshots} snapshots, ${files} files and ${records} records of the log again`;
    const rebuilding = {
      isMended: true,
      done: away === undefined ? learned : `moved to ${away}; the new one ${learned}`,
    };
    const collateral = this.#journal.found.map((damage) => [keyOf(damage), damage] as const);
    const late = this.#found.map((damage) => [keyOf(damage), damage] as const);
    const all = new Map([...late, ...collateral, ...this.#seen]);
    const problems = [...all.values()].map(({ hint, ...damage }) => {
      const repaired = !still.has(keyOf(damage));
      if (damage.path === DATABASE && !repaired) return { ...damage, repaired, done: LEFT_OUT };
      const treatment = damage.path === DATABASE && isRebuilt ? rebuilding : this.#journal.of(damage.path);
      const next = repaired || hint === undefined ? {} : { hint };
      return { ...damage, ...next, repaired, done: wordsFor(repaired, treatment) };
    });
    return { problems, bad: this.#found.length, rebuilt: isRebuilt ? this.#learned : undefined };
  }
}

const DATABASE = 'state.db';
const LEFT_OUT = 'the snapshot is left out until what is bad of it is mended';

/** A file may be bad in more than one way; of the database each snapshot that it does not know is told. */
function keyOf({ path, message }: Damage): string {
  return path === DATABASE ? `${path} ${message}` : path;
}

function wordsFor(repaired: boolean, treatment: Treatment | undefined): string {
  if (repaired) return treatment?.isMended ? treatment.done : 'sound again with what it depends on';
  if (treatment?.isMended === false) return treatment.done;
  return treatment === undefined ? 'nothing here can mend it' : `${treatment.done}, and it is bad still`;
}

/** Clients of a snapshot find the log by a link. */
async function linkLog(damage: Damage, { layout, pool, journal, now }: ReplaceDeps): Promise<void> {
  const to = join(layout.mirror, damage.path);
  await keepDamaged(layout, to, damage.path.replace(/^public\//, ''), { ...damage, at: now() });
  const staged = pool.stagingPath();
  if (existsSync(staged)) rmSync(staged);
  symlinkSync(SUMDB_LINK, staged);
  renameSync(staged, to);
  syncFolder(join(to, '..'));
  journal.mended(damage, 'linked again');
}
