/**
 * When to stop asking a server that does not answer. Without it a dead upstream costs every one of thousands of files
 * all its tries. It opens after a few module versions in a row failed with nothing answered between them, and stays
 * open: a run is short, and the next one asks again.
 */

/** In a row, and different ones: the three files of one version may well fail together on a healthy server. */
export const CIRCUIT_LIMIT = 3;

export class Circuit {
  readonly #failed = new Set<string>();
  #open = false;

  get open(): boolean {
    return this.#open;
  }

  /** The server answered, be it with a refusal: it is alive. Does not close an open circuit. */
  answered(): void {
    this.#failed.clear();
  }

  /** All tries for a file of `subject` brought no answer. */
  failed(subject: string): void {
    this.#failed.add(subject);
    if (this.#failed.size >= CIRCUIT_LIMIT) this.#open = true;
  }
}
