/**
 * Runs programs and says what they cost, by what Linux tells of them in /proc. One measurement at a time: the CPU
 * seconds are those of all children that ended meanwhile.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

export interface Cost {
  /** From start to end. */
  readonly seconds: number;
  /** User and system, of all threads. */
  readonly cpuSeconds: number;
  /** The largest resident set, in 10^6 bytes. */
  readonly peakMegabytes: number;
  readonly stdout: string;
}

/** Milliseconds. The peak only ever grows, so what is missed is the growth of a program's last moments. */
const LOOK_EVERY = 20;
/** Linux counts CPU time in these for every program, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;

/** Throws where the program does not start or its exit status is not 0. */
export async function measure({ program, args, env, cwd }: Command): Promise<Cost> {
  const ticks = childTicks();
  const start = performance.now();
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const peak = watchPeak(child);
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const [status, signal] = await once(child, 'exit').finally(() => peak.end());
  const seconds = (performance.now() - start) / 1000;
  const cpuSeconds = (childTicks() - ticks) / TICKS_PER_SECOND;
  const [stdout, stderr] = await output;
  if (status !== 0)
    throw new Error(`${program} ended with ${status ?? signal}: ${(stderr || stdout).slice(-2000)}`);
  return { seconds, cpuSeconds, peakMegabytes: peak.bytes() / 1e6, stdout };
}

function watchPeak(child: ChildProcess): { bytes: () => number; end: () => void } {
  let bytes = 0;
  const look = () => {
    bytes = Math.max(bytes, peakOf(child.pid));
  };
  const timer = setInterval(look, LOOK_EVERY);
  return { bytes: () => bytes, end: () => clearInterval(timer) };
}

/** Bytes; 0 for a process that has just ended. */
function peakOf(pid: number | undefined): number {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** CPU time of the children that have ended and been waited for: the fields cutime and cstime of proc(5). */
function childTicks(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[13]) + Number(fields[14]);
}
