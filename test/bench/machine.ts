/** Where and with what a benchmark ran: absolute times mean nothing without it. */
import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { plainEnv } from './programs.ts';

/** The magic number of tmpfs in statfs(2). */
const TMPFS = 0x01021994;

/** Throws where curl or go is missing: nothing could be compared. */
export function describeMachine(server: string, folder: string): Record<string, string> {
  const processor = cpus()[0]?.model ?? 'unknown processor';
  const memory = `${(totalmem() / 1e9).toFixed(0)} GB of memory`;
  return {
    machine: `${availableParallelism()} × ${processor}, ${memory}, Linux ${release()}`,
    date: new Date().toISOString().slice(0, 10),
    programs: `Node ${process.versions.node}, ${firstLine('go', ['version'])}, ${firstLine('curl', ['--version'])}`,
    upstream: `${server} on 127.0.0.1`,
    load: `${loadavg()[0]?.toFixed(1)} on average in the minute before`,
    folder: statfsSync(folder).type === TMPFS ? 'in memory (tmpfs)' : 'on a disk',
  };
}

function firstLine(program: string, args: readonly string[]): string {
  const output = execFileSync(program, args, { encoding: 'utf8', env: plainEnv() });
  return /^(?:go version go|curl )(\S+)/.exec(output)?.[0].replace('go version go', 'go ') ?? output;
}
