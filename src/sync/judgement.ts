/**
 * What the files of one module version must hash to, while its record may still be on its way: go.sum's word is enough
 * to begin a download, the log's word is needed to believe it.
 */

import type { H1 } from '../gomod/h1.ts';
import { formatModuleVersion } from '../gomod/module-version.ts';
import type { LogSession, Proved } from './log-session.ts';
import type { ModulePlan } from './plan.ts';
import { HeldBackError } from './problem.ts';
import { type Judge, judgeFile } from './verdict.ts';
import type { HashedFile } from './wanted.ts';

export class Judgement {
  readonly #plan: ModulePlan;
  readonly #log: Pick<LogSession, 'lookup' | 'name'> | undefined;
  readonly #looking: Promise<Proved | undefined>;
  #judge: Judge | undefined;

  /** Begins the lookup, if the plan wants one. `onFailure` hears why there is no record, and throws what is fatal. */
  constructor(
    plan: ModulePlan,
    log: Pick<LogSession, 'lookup' | 'name'> | undefined,
    onFailure: (error: unknown) => void,
  ) {
    this.#plan = plan;
    this.#log = log;
    this.#judge = plan.judge;
    this.#looking = plan.lookup ? this.#lookUp(onFailure) : Promise.resolve(undefined);
    // Whoever waits for it sees the failure; until then it must not count as unhandled.
    this.#looking.catch(() => {});
  }

  /** Who says what a file must hash to, for messages. */
  get by(): string {
    return this.#judge?.log ?? 'go.sum';
  }

  /** Whether its record is known. */
  get isLogged(): boolean {
    return this.#judge !== undefined;
  }

  /** Whether go.sum lines agree on a hash: then a download may begin before the log has answered. */
  hasLine(file: HashedFile): boolean {
    return this.#plan.wanted[file]?.size === 1;
  }

  /** The record, if it was looked up now and is proved. */
  settled(): Promise<Proved | undefined> {
    return this.#looking;
  }

  /** The hash that all who know say; undefined where nobody does. Throws HeldBackError where they contradict. */
  async expected(file: HashedFile): Promise<H1 | undefined> {
    await this.#looking;
    const { wanted } = this.#plan;
    const { expected, problems } = judgeFile(wanted, file, this.#judge);
    if (expected !== undefined || problems.length === 0) return expected;
    const name = formatModuleVersion(wanted.mv);
    throw new HeldBackError('HELD_BACK', `${name}: ${file}: held back: ${problems[0]?.message ?? ''}`, {
      module: name,
    });
  }

  async #lookUp(onFailure: (error: unknown) => void): Promise<Proved | undefined> {
    if (this.#log === undefined) throw new Error('a lookup was planned without a log');
    try {
      const proved = await this.#log.lookup(this.#plan.wanted.mv);
      this.#judge = { log: this.#log.name, record: proved.record };
      return proved;
    } catch (error) {
      onFailure(error);
      return undefined;
    }
  }
}
