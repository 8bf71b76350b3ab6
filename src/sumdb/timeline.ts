/**
 * The one history that a log may have. The newest tree head met so far is ours; every other head is proved to lie on
 * the way to it, or the new one is proved to begin with ours, before anything else is believed of it. Two heads that
 * contradict each other end the timeline: from then on every call throws the TreeForkError.
 * Source: golang.org/x/mod/sumdb, Client.mergeLatest.
 */
import { findForkEvidence, TreeForkError } from './fork.ts';
import { rootAt } from './proof.ts';
import type { TileSource } from './tile-source.ts';
import type { Tree, TreeHead } from './tree-head.ts';
import { TreeReader } from './tree-reader.ts';

/** A head, and the reader of its tree. */
export interface Anchor {
  readonly head: TreeHead;
  readonly reader: TreeReader;
}

export class Timeline {
  readonly #log: string;
  readonly #source: TileSource;
  /** The trees of heads that are proved to be on the timeline. */
  readonly #proved = new Set<string>();
  #newest: Anchor | undefined;
  #fork: TreeForkError | undefined;
  #lastTurn: Promise<unknown> = Promise.resolve();

  /** `log` is the name in messages. */
  constructor(log: string, source: TileSource) {
    this.#log = log;
    this.#source = source;
  }

  /** The newest head on the timeline; undefined before the first one. Throws TreeForkError after a fork. */
  get newest(): Anchor | undefined {
    if (this.#fork !== undefined) throw this.#fork;
    return this.#newest;
  }

  /**
   * Takes heads in: when this resolves, all of them are proved to be on one timeline and `newest` is at least as new as
   * the newest of them. Each is proved against that one directly, as long as it is newer than ours. Throws
   * TreeForkError, SumDbError TILE_INVALID, and what the source throws; only after a fork is it useless to try again.
   */
  async merge(heads: readonly TreeHead[]): Promise<void> {
    const ours = this.newest;
    const strangers = heads.filter((head) => !this.#proved.has(keyOf(head)));
    const [candidate] = strangers.toSorted((a, b) => b.size - a.size);
    if (candidate === undefined) return;
    if (ours !== undefined && candidate.size <= ours.head.size) await this.#proveOlder(strangers, ours);
    else await this.#inTurn(() => this.#advance(candidate, strangers));
  }

  /** One at a time: each step would otherwise be proved against an `ours` that is gone when it is done. */
  #inTurn(step: () => Promise<void>): Promise<void> {
    const turn = this.#lastTurn.then(step);
    // The failure is that of whoever waits for this turn; the next one begins all the same.
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }

  async #advance(candidate: TreeHead, heads: readonly TreeHead[]): Promise<void> {
    const ours = this.newest;
    if (ours !== undefined && candidate.size <= ours.head.size) return this.#proveOlder(heads, ours);
    const next = { head: candidate, reader: new TreeReader(this.#log, candidate, this.#source) };
    await this.#proveAll(ours === undefined ? heads : [ours.head, ...heads], next);
    await next.reader.trust();
    this.#newest = next;
    this.#remember(heads);
  }

  async #proveOlder(heads: readonly TreeHead[], ours: Anchor): Promise<void> {
    await this.#proveAll(heads, ours);
    this.#remember(heads);
  }

  /** What lies before one head of the timeline lies before all later ones, so one proof is enough. */
  #remember(heads: readonly TreeHead[]): void {
    for (const head of heads) this.#proved.add(keyOf(head));
  }

  async #proveAll(heads: readonly TreeHead[], newer: Anchor): Promise<void> {
    await Promise.all(heads.map((head) => this.#prove(head, newer)));
  }

  async #prove(older: TreeHead, newer: Anchor): Promise<void> {
    const read = newer.reader.hash.bind(newer.reader);
    const isSameSize = older.size === newer.head.size;
    const root = isSameSize ? newer.head.root : await rootAt(older.size, read);
    if (root.equals(older.root)) return;
    const evidence = await findForkEvidence(older, newer.head, root, read);
    const message = isSameSize
      ? `two different trees of ${older.size} records are signed`
      : `the signed tree of ${newer.head.size} records does not begin with the signed tree of ${older.size}`;
    this.#fork ??= new TreeForkError(`${this.#log}: fork: ${message}`, evidence);
    throw this.#fork;
  }
}

function keyOf({ size, root }: Tree): string {
  return `${size} ${root.toString('base64')}`;
}
