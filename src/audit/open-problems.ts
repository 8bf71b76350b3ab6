/**
 * What is wrong as long as it is: disputes that the seeds and the ledger show now, and what the last run met and is not
 * mended since. Never uses the network.
 */
import { formatModuleVersion } from '../gomod/module-version.ts';
import type { Holdings, Plan } from '../sync/plan.ts';
import type { Problem } from '../sync/problem.ts';

/** `found` is what the last run met; `served` what clients can get now. */
export function openProblems(plan: Plan, found: readonly Problem[], served: Holdings): Problem[] {
  const now = plan.modules.flatMap(({ problems }) => problems);
  const known = new Set(now.map(keyOf));
  const wanted = new Map(plan.modules.map((module) => [formatModuleVersion(module.wanted.mv), module]));
  const stillOpen = found.filter((problem) => {
    const { module, version, file } = problem;
    if (known.has(keyOf(problem))) return false;
    // What belongs to no module version is known to be over only when a run does not meet it.
    if (module === null || version === null) return true;
    const planned = wanted.get(`${module}@${version}`);
    if (planned === undefined) return false;
    if (file === 'lookup' || file === 'tile') return planned.isLogged && planned.judge === undefined;
    return file === null || !served.held(planned.wanted.mv).has(file);
  });
  return [...now, ...stillOpen];
}

function keyOf({ module, version, file, code }: Problem): string {
  return `${module}@${version} ${file} ${code}`;
}
