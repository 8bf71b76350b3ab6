/**
 * Go's rule for a list of proxies: which failure goes on to the next entry, and which of several is told.
 * Source: TryProxies in cmd/go/internal/modfetch.
 */
import type { FailureCode, HttpFailure } from './failure.ts';
import type { FallbackRule } from './proxy-list.ts';

/** Whether the entry after one with this rule may be asked. */
export function goesOn(failure: HttpFailure, rule: FallbackRule): boolean {
  return rule === '|' || failure.code === 'NOT_FOUND';
}

export interface FailedUpstream {
  readonly upstream: string;
  readonly failure: HttpFailure;
}

/**
 * From the least telling to the most. That a file is not there says little when another server was not asked to the
 * end; and "later" is worth more to a person than a refusal, since it asks for another run.
 */
const TELLING: readonly FailureCode[] = [
  'NOT_FOUND',
  'REJECTED',
  'TOO_LARGE',
  'BAD_INFO',
  'BAD_CONTENT',
  'TRUNCATED',
  'UNAVAILABLE',
];

/** The failure to report, the first of equals. `failures` must not be empty. */
export function mostTelling(failures: readonly FailedUpstream[]): FailedUpstream {
  return failures.reduce((best, next) => (rank(next) > rank(best) ? next : best));
}

function rank({ failure }: FailedUpstream): number {
  return TELLING.indexOf(failure.code);
}
