/**
 * Makes finished work durable, in batches: files into the pool, then synced, then one transaction in the ledger.
 * So the ledger never knows a file that a power cut could take back, and a sync of the disk serves many files.
 */
import type { VerifiedArtifact } from '../gomod/artifact.ts';
import type { Pool } from '../site/pool.ts';
import type { Ledger } from '../store/ledger.ts';

/** A batch is written when it has this many files; a crash loses at most the rows of one, never the files. */
const BATCH = 512;

export class Recorder {
  readonly #pool: Pool;
  readonly #ledger: Ledger;
  readonly #now: () => Date;
  #pending: VerifiedArtifact[] = [];
  /** Batches are written one after the other; a failure stays here and is thrown by the next call. */
  #writing: Promise<void> = Promise.resolve();

  constructor(pool: Pool, ledger: Ledger, now: () => Date) {
    this.#pool = pool;
    this.#ledger = ledger;
    this.#now = now;
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
    if (this.#pending.length > 0) this.#startBatch();
    await this.#writing;
  }

  #startBatch(): void {
    const batch = this.#pending;
    this.#pending = [];
    this.#writing = this.#write(batch);
    // Whoever awaits it next sees the failure; until then it must not count as unhandled.
    this.#writing.catch(() => {});
  }

  async #write(batch: readonly VerifiedArtifact[]): Promise<void> {
    await this.#pool.makeDurable(batch);
    this.#ledger.record(batch, this.#now());
  }
}

/** The bytes are in the pool now; waiting for the batch they need not stay in memory. */
function withoutBytes(artifact: VerifiedArtifact): VerifiedArtifact {
  return { ...artifact, content: { in: 'pool' } };
}
