/** Takes the lease of the mirror that is named, says so, and holds it until stdin ends or somebody kills it. */
import { once } from 'node:events';
import { acquireLease } from '../../src/store/lease.ts';

const lease = acquireLease(process.argv[2] ?? '', 'sync', () => new Date('2026-11-02T00:00:00Z'));
process.stdout.write('held\n');
process.stdin.resume();
await once(process.stdin, 'end');
lease.release();
