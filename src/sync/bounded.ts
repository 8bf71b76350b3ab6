/** The bounded queue that every step with many files goes through. */
import PQueue from 'p-queue';

/** Items that wait in line. Each wait for room costs as much as a small file: it is done for many items at once. */
const MOST_WAITING = 64;

/**
 * Runs `work` on each item, at most `limit` at once; items are taken only as there is room. The first failure, or
 * `stop`, ends the beginning of work; what is under way is waited for, and then the failure is thrown.
 */
export async function forEachBounded<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
  stop?: AbortSignal,
): Promise<void> {
  const queue = new PQueue({ concurrency: limit });
  const failures: unknown[] = [];
  const mayBegin = () => failures.length === 0 && stop?.aborted !== true;
  const begin = async (item: T) => {
    // Looked at here too: the signal may have come while the item waited for its turn.
    if (!mayBegin()) return;
    await work(item).catch((error: unknown) => void failures.push(error));
  };
  for (const item of items) {
    if (queue.size >= MOST_WAITING) await queue.onSizeLessThan(MOST_WAITING / 2);
    if (!mayBegin()) break;
    void queue.add(() => begin(item));
  }
  await queue.onIdle();
  if (failures.length > 0) throw failures[0];
}
