/** The checksum database in one run of a sync: asked, recorded, published, and what of the mirror it contradicts. */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MirrorError, StateError } from '../errors.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { SUMDB } from '../site/layout.ts';
import { LATEST, LogFolder } from '../site/log-folder.ts';
import { acquireLease, type Lease } from '../store/lease.ts';
import type { LogRecords } from '../store/log-records.ts';
import type { SnapshotRow } from '../store/snapshots.ts';
import type { Store } from '../store/store.ts';
import { LogSession, type LogSessionDeps } from './log-session.ts';
import type { Problem } from './problem.ts';
import { hasUnpublished, publishLog } from './publish-log.ts';
import { recoverLog } from './recover-log.ts';
import type { SyncDeps } from './sync-deps.ts';

export class RunLog {
  readonly session: LogSession;
  readonly #deps: LogSessionDeps;
  readonly #store: Store;
  readonly #sync: Pick<SyncDeps, 'concurrency' | 'log'>;

  private constructor(deps: LogSessionDeps, store: Store, sync: Pick<SyncDeps, 'concurrency' | 'log'>) {
    this.session = new LogSession(deps);
    this.#deps = deps;
    this.#store = store;
    this.#sync = sync;
  }

  /** Undefined where no log judges. Nothing is asked yet. */
  static open(sync: SyncDeps, store: Store): RunLog | undefined {
    const { sumdb, layout, now, abort: signal } = sync;
    if (sumdb === undefined) return undefined;
    const folder = new LogFolder(layout, sumdb.settings.name);
    return new RunLog({ ...sumdb, folder, records: store.log, layout, now, signal }, store, sync);
  }

  get name(): string {
    return this.session.name;
  }

  /** Where what is proved goes. */
  get sink(): { readonly name: string; readonly records: LogRecords } {
    return { name: this.name, records: this.#deps.records };
  }

  /** The ledger knows nothing of a log that this mirror has published: it was lost, and a crash came before the rest. */
  get isForgotten(): boolean {
    const { layout, records, folder } = this.#deps;
    const isOwn = layout.sumdb === join(layout.public, SUMDB);
    return isOwn && records.heads(this.name).length === 0 && folder.sizeOf(LATEST) !== undefined;
  }

  /** After the ledger was lost: what was published is known again, and nothing is asked for it. */
  recover(): Promise<void> {
    return recoverLog({ ...this.#deps, warn: (message) => this.#sync.log.warn(message) });
  }

  /** Module versions of the current snapshot that lack their record; none where it carries the log. */
  lacking(current: SnapshotRow | undefined): ModuleVersion[] {
    if (current === undefined || current.sumdb === this.name) return [];
    return this.#deps.records.lacking(this.name, current.seq).filter(this.session.isLogged);
  }

  /** Publishes what was proved. What keeps it from that is a problem of this run; a fork is thrown. */
  async publish(): Promise<Problem[]> {
    const { folder, records, now } = this.#deps;
    const { concurrency } = this.#sync;
    if (!hasUnpublished({ session: this.session, records })) return [];
    try {
      await this.#alone(() => publishLog({ session: this.session, folder, records, concurrency, now }));
      return [];
    } catch (error) {
      const isAboutLog = error instanceof MirrorError && this.session.isAsking(error);
      if (!isAboutLog) throw error;
      const { code, message, hint } = error;
      const file = this.session.fileOf(error);
      return [{ module: null, version: null, file, code, message, ...(hint ? { hint } : {}), sources: [] }];
    }
  }

  /**
   * A shared log has other writers: one at a time, and each takes in first what the others have published, since a new
   * head must prove their lookups too.
   */
  async #alone(work: () => Promise<void>): Promise<void> {
    const { layout, now } = this.#deps;
    if (layout.sumdb === join(layout.public, SUMDB)) return work();
    const lockFolder = join(layout.sumdb, '.lock');
    mkdirSync(lockFolder, { recursive: true });
    const lease = await patiently(() => acquireLease(lockFolder, 'sync', now));
    try {
      rmSync(layout.logStaging, { recursive: true, force: true });
      await this.recover();
      await work();
    } finally {
      rmSync(layout.logStaging, { recursive: true, force: true });
      lease.release();
    }
  }

  /** Whether clients find the lookup of a module version, or need none. */
  isServed(mv: ModuleVersion): boolean {
    return !this.session.isLogged(mv) || this.#deps.records.isPublished(this.name, mv);
  }

  /** By `module@version`: what the pool holds of them is not what the log says. */
  contradicted(): Set<string> {
    return new Set(
      this.#deps.records.contradicted(this.name).map(({ module, version }) => `${module}@${version}`),
    );
  }

  /** One problem for each file that the current snapshot serves and the log contradicts: the version leaves. */
  contradictedMembers(current: SnapshotRow | undefined): Problem[] {
    if (current === undefined) return [];
    const all = this.#deps.records.contradicted(this.name);
    return all.flatMap((found): Problem[] => {
      const { module, version, file, held, logged, mv } = found;
      if (!this.#store.snapshots.holds(current.seq, mv, file)) return [];
      const message = `${formatModuleVersion(mv)}: ${file}: hash mismatch: ${this.name} says ${logged}, the mirror has published ${held}: it leaves the next snapshot`;
      return [
        {
          module,
          version,
          file,
          code: 'SUMDB_MISMATCH',
          message,
          sources: this.#store.ledger.requiredBy(mv),
        },
      ];
    });
  }
}

/** How often, and how long apart in milliseconds, a shared log that somebody writes is asked for. */
const TRIES = 240;
const PAUSE = 500;

async function patiently(take: () => Lease): Promise<Lease> {
  for (let count = 1; ; count++) {
    try {
      return take();
    } catch (error) {
      if (!(error instanceof StateError && error.code === 'LOCKED') || count >= TRIES) throw error;
      await pause(PAUSE);
    }
  }
}
