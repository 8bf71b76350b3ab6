/**
 * Preloaded into a program that is to die: `KILL_AT` counts its changes to the file system, and the process is killed
 * right after that one, with no chance to clean up.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const at = Number(process.env.KILL_AT);
let count = 0;

const CHANGES = [
  'renameSync',
  'linkSync',
  'symlinkSync',
  'writeFileSync',
  'copyFileSync',
  'rmSync',
  'fsyncSync',
] as const;

for (const name of CHANGES) {
  const change = fs[name] as (...args: unknown[]) => unknown;
  // The signature is that of the function it stands for.
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      const answer = change(...args);
      count++;
      if (count === at) process.kill(process.pid, 'SIGKILL');
      return answer;
    },
  });
}
syncBuiltinESMExports();
