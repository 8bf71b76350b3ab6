/**
 * Given to Node with --import: stops the process at the barrier that STOP_AT names, the STOP_COUNT-th time that it comes
 * there, after it has written the marker file STOP_MARKER. Somebody kills it then.
 */
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { onBarrier } from '../../src/barrier.ts';

const { STOP_AT, STOP_COUNT = '1', STOP_MARKER = '' } = process.env;
let left = Number(STOP_COUNT);

if (isMainThread) {
  onBarrier((barrier) => {
    if (barrier !== STOP_AT || --left > 0) return;
    writeFileSync(STOP_MARKER, `${process.pid}\n`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
}
