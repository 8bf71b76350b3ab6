/** What is bad, and what became of it: the report of a repair is read off here. */

export type DamageCode =
  | 'MISSING'
  | 'HASH_MISMATCH'
  | 'UNLISTED'
  | 'ZIP_INVALID'
  | 'MANIFEST_INVALID'
  | 'LOG_INVALID'
  | 'DATABASE_LOST'
  | 'UNKNOWN_SNAPSHOT';

/** A bad file; `path` is below the mirror's folder. */
export interface Damage {
  readonly path: string;
  readonly code: DamageCode;
  readonly message: string;
  /** The next step of somebody who does not repair. */
  readonly hint?: string;
}

/** Whether somebody mended it, and what was done, or why nothing could be. */
export interface Treatment {
  readonly isMended: boolean;
  readonly done: string;
}

export class Journal {
  readonly #treatments = new Map<string, Treatment>();
  /** Bad files that nobody had looked at before they were mended with others. */
  readonly found: Damage[] = [];
  /** How often something was mended: a round that adds nothing is the last one. */
  count = 0;

  mended(damage: Damage, done: string): void {
    this.count++;
    this.#treatments.set(damage.path, { isMended: true, done });
    this.found.push(damage);
  }

  failed(path: string, done: string): void {
    this.#treatments.set(path, { isMended: false, done });
  }

  of(path: string): Treatment | undefined {
    return this.#treatments.get(path);
  }

  /** What could not be mended once is not asked for again. */
  hasFailed(path: string): boolean {
    return this.#treatments.get(path)?.isMended === false;
  }
}
