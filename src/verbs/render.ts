/** What several verbs print alike. */
import type { Problem } from '../sync/problem.ts';
import type { SeedReport } from '../sync/report.ts';

/** A long list says the same thing often: the first of it, and how many more. */
const MOST_PROBLEMS = 50;

export function renderProblems(problems: readonly Problem[]): string[] {
  const shown = problems
    .slice(0, MOST_PROBLEMS)
    .flatMap((problem) => [
      `${problem.code}: ${problem.message}`,
      ...(problem.module !== null && problem.sources.length > 0
        ? [`  wanted by ${someOf(problem.sources)}`]
        : []),
      ...(problem.hint ? [`  hint: ${problem.hint}`] : []),
    ]);
  const more = problems.length - MOST_PROBLEMS;
  return more > 0 ? [...shown, `and ${more} more problems (--json lists all)`] : shown;
}

export function renderSeeds(seeds: readonly SeedReport[]): string[] {
  return seeds.map(({ source, wanted, missing, accepted, complete }) => {
    const gaps = [
      ...(missing > 0 ? [`${missing} missing`] : []),
      ...(accepted > 0 ? [`${accepted} accepted gaps`] : []),
    ];
    return `${complete ? 'complete  ' : 'incomplete'} ${source}: ${wanted} module versions${gaps.length > 0 ? `, ${gaps.join(', ')}` : ''}`;
  });
}

/** The first three, and how many more. */
export function someOf(names: readonly string[]): string {
  const more = names.length - 3;
  return more > 0 ? `${names.slice(0, 3).join(', ')} and ${more} more` : names.join(', ');
}
