/** Given to Node with --import: tells on stderr, in the end, which barriers the process came to and how often. */
import { isMainThread } from 'node:worker_threads';
import { type Barrier, onBarrier } from '../../src/barrier.ts';

if (isMainThread) {
  const seen = new Map<Barrier, number>();
  onBarrier((barrier) => void seen.set(barrier, (seen.get(barrier) ?? 0) + 1));
  process.on('exit', () => void process.stderr.write(`\nBARRIERS ${JSON.stringify([...seen])}\n`));
}
