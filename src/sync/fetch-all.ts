/**
 * Fetches everything that a plan lacks, through the bounded queue, and brings the plan's results up to date. A task
 * keeps its place until its files are hashed, so hashing holds back downloading.
 */
import { InterruptedError } from '../errors.ts';
import type { ModuleFile, VerifiedArtifact } from '../gomod/artifact.ts';
import type { HeldFile } from '../store/ledger.ts';
import { forEachBounded } from './bounded.ts';
import { type FetchDeps, type FetchResult, fetchModule } from './fetch.ts';
import type { ModulePlan, Plan } from './plan.ts';
import type { Problem } from './problem.ts';
import type { Recorder } from './record.ts';
import { type ModuleResult, untouched } from './report.ts';

export interface FetchAllDeps extends FetchDeps {
  readonly recorder: Recorder;
  readonly now: () => Date;
  /** Tasks at once. */
  readonly concurrency: number;
  /** Ends the taking of tasks; what is under way is finished. */
  readonly stop: AbortSignal;
  readonly onModule: (result: ModuleResult) => void;
}

export interface Fetched {
  readonly results: readonly ModuleResult[];
  /** What upstreams failed to give, or gave falsely. */
  readonly problems: readonly Problem[];
  readonly interrupted: boolean;
}

/** On return, and also when it throws, what was fetched is durable and in the ledger. */
export async function fetchAll(plan: Plan, deps: FetchAllDeps): Promise<Fetched> {
  const results = new Map(untouched(plan).map((result) => [result.plan, result]));
  const problems: Problem[] = [];
  try {
    await forEachBounded(
      plan.toFetch,
      deps.concurrency,
      async (module) => {
        const fetched = await fetchModule(module, deps);
        await deps.recorder.add(fetched.artifacts);
        const result = withFetched(module, fetched, deps.now());
        results.set(module, result);
        problems.push(...fetched.problems);
        deps.onModule(result);
      },
      deps.stop,
    );
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
  } finally {
    await deps.recorder.flush();
  }
  return { results: [...results.values()], problems, interrupted: deps.stop.aborted || deps.signal.aborted };
}

function withFetched(plan: ModulePlan, { artifacts, problems }: FetchResult, now: Date): ModuleResult {
  const held = new Map<ModuleFile, HeldFile>(plan.held);
  for (const artifact of artifacts) held.set(artifact.file, heldFile(artifact, now));
  return {
    plan: { ...plan, held },
    fetched: artifacts.length > 0,
    problems: [...plan.problems, ...problems],
  };
}

function heldFile(artifact: VerifiedArtifact, now: Date): HeldFile {
  const { file, size, sha256, sha512 = null, h1 = null, upstream } = artifact;
  return { file, size, sha256, sha512, h1, upstream, fetchedAt: now.toISOString() };
}
