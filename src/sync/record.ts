/**
 * Makes finished work durable, in batches: files into the pool, then synced, then one transaction in the ledger.
 * So the ledger never knows a file that a power cut could take back, and a sync of the disk serves many files.
 */
import { reached } from '../barrier.ts';
import type { VerifiedArtifact } from '../gomod/artifact.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import type { Pool } from '../site/pool.ts';
import type { Ledger } from '../store/ledger.ts';
import type { KnownHead, LogRecords, NamedRecord } from '../store/log-records.ts';
import type { Proved } from './log-session.ts';

/** A batch is written when it has this many files; a crash loses at most the rows of one, never the files. */
const BATCH = 512;

export class Recorder {
  readonly #pool: Pool;
  readonly #ledger: Ledger;
  readonly #now: () => Date;
  readonly #log: { readonly name: string; readonly records: LogRecords } | undefined;
  #pending: VerifiedArtifact[] = [];
  /** Batches are written one after the other; a failure stays here and is thrown by the next call. */
  #writing: Promise<void> = Promise.resolve();

  #proved: NamedRecord[] = [];
  readonly #heads = new Map<string, KnownHead>();

  /** `log`: where records of the checksum database go; without it there are none. */
  constructor(
    pool: Pool,
    ledger: Ledger,
    now: () => Date,
    log?: { readonly name: string; readonly records: LogRecords },
  ) {
    this.#pool = pool;
    this.#ledger = ledger;
    this.#now = now;
    this.#log = log;
  }

  /** Takes a proved record in, and the head that it was proved under. */
  addRecord(mv: ModuleVersion, { record, head }: Proved): void {
    this.#proved.push({ mv, record });
    this.#heads.set(head.note, head);
  }

  /** Takes verified files in. Resolves when there is room for more, not when they are durable. */
  async add(artifacts: readonly VerifiedArtifact[]): Promise<void> {
    for (const artifact of artifacts) {
      this.#pool.place(artifact);
      this.#pending.push(withoutBytes(artifact));
    }
    if (this.#pending.length < BATCH) return;
    await this.#writing;
    if (this.#pending.length >= BATCH) this.#startBatch();
  }

  /** On return everything that was added is durable and in the ledger. */
  async flush(): Promise<void> {
    await this.#writing;
    if (this.#pending.length + this.#proved.length > 0) this.#startBatch();
    await this.#writing;
  }

  #startBatch(): void {
    this.#writeRecords();
    const batch = this.#pending;
    this.#pending = [];
    this.#writing = this.#write(batch);
    // Whoever awaits it next sees the failure; until then it must not count as unhandled.
    this.#writing.catch(() => {});
  }

  /** They are rows alone: what proves them can be had again. */
  #writeRecords(): void {
    const proved = this.#proved;
    if (proved.length === 0) return;
    if (this.#log === undefined) throw new Error('a record was proved without a log');
    this.#proved = [];
    this.#log.records.add(this.#log.name, proved, [...this.#heads.values()], this.#now());
    this.#heads.clear();
    reached('records committed');
  }

  async #write(batch: readonly VerifiedArtifact[]): Promise<void> {
    reached('batch not synced');
    await this.#pool.makeDurable(batch);
    reached('batch synced');
    this.#ledger.record(batch, this.#now());
    reached('batch committed');
  }
}

/** The bytes are in the pool now; waiting for the batch they need not stay in memory. */
function withoutBytes(artifact: VerifiedArtifact): VerifiedArtifact {
  return { ...artifact, content: { in: 'pool' } };
}
