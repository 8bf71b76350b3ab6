/** The bounded queue that every step with many files goes through. */
import PQueue from 'p-queue';

/**
 * Runs `work` on each item, at most `limit` at once; items are taken only as there is room. The first failure, or
 * `stop`, ends the taking of items; what is under way is waited for, and then the failure is thrown.
 */
export async function forEachBounded<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
  stop?: AbortSignal,
): Promise<void> {
  const queue = new PQueue({ concurrency: limit });
  const failures: unknown[] = [];
  for (const item of items) {
    await queue.onSizeLessThan(1);
    if (failures.length > 0 || stop?.aborted) break;
    void queue.add(() => work(item).catch((error: unknown) => void failures.push(error)));
  }
  await queue.onIdle();
  if (failures.length > 0) throw failures[0];
}
