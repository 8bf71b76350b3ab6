/**
 * One round of fetching: everything that a plan lacks, through the bounded queue. A task keeps its place until its
 * files are hashed and its record is proved, so hashing and proving hold back downloading.
 */
import { InterruptedError } from '../errors.ts';
import { forEachBounded } from './bounded.ts';
import { type FetchDeps, type FetchResult, fetchModule } from './fetch.ts';
import type { ModulePlan } from './plan.ts';
import type { Recorder } from './record.ts';

export interface FetchAllDeps extends FetchDeps {
  readonly recorder: Recorder;
  /** Tasks at once. */
  readonly concurrency: number;
  /** Ends the taking of tasks; what is under way is finished. */
  readonly stop: AbortSignal;
  readonly onModule: (plan: ModulePlan, result: FetchResult) => void;
}

/**
 * True where it was interrupted. On return, and also when it throws, what was fetched is durable and in the ledger.
 */
export async function fetchAll(plans: readonly ModulePlan[], deps: FetchAllDeps): Promise<boolean> {
  const { recorder, stop, signal } = deps;
  try {
    await forEachBounded(
      plans,
      deps.concurrency,
      async (plan) => {
        const fetched = await fetchModule(plan, deps);
        if (fetched.proved) recorder.addRecord(plan.wanted.mv, fetched.proved);
        await recorder.add(fetched.artifacts);
        deps.onModule(plan, fetched);
      },
      stop,
    );
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
  } finally {
    await recorder.flush();
  }
  return stop.aborted || signal.aborted;
}
