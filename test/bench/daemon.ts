/**
 * `npm run bench:daemon -- [--minutes 60] [--pace 60]`: a daemon with a run a minute, or every so many seconds, against an
 * upstream that grows and fails. Prints a table of its memory by time, the outcomes that it had and that `status` tells,
 * and whether the goals hold: memory in the last quarter within 20 % of the second quarter, and a history that is what
 * the log said. Exit status 1 if not.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { StatusReport } from '../../src/audit/status.ts';
import { type Fault, startUpstream, type UpstreamServer } from '../support/upstream-server.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
/** Module versions that the upstream, and the list, gain each minute. */
const GROWTH = 25;

/** What goes wrong in a minute, in turn; undefined: nothing. */
const FAULTS: readonly (readonly [string, RegExp, Fault] | undefined)[] = [
  undefined,
  ['503 with Retry-After', /\.zip$/, { status: 503, headers: { 'retry-after': '1' }, times: 6 }],
  ['zips cut short', /\.zip$/, { truncate: 40, times: 8 }],
  undefined,
  ['404 for some', /m\d*3\/@v\/.*\.mod$/, { status: 404 }],
  ['connections reset', /\.(mod|info)$/, { reset: true, times: 10 }],
  ['a captive portal', /./, { page: true, times: 12 }],
  undefined,
  ['everything is down', /./, { status: 500 }],
];

interface Sample {
  readonly second: number;
  readonly residentMB: number;
  readonly heapMB: number;
}

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, pace: { type: 'string', default: '60' } },
});
/** Steps of so many seconds, a divisor of 60. */
const minutes = Number(values.minutes);
const pace = Number(values.pace);
const work = mkdtempSync(join(tmpdir(), 'modferry-daemon-'));
const upstream = await startUpstream();
const samples: Sample[] = [];
const outcomes: string[] = [];
const daemon = startDaemon(work, upstream);
try {
  await drive(daemon.child, daemon.url);
  print(readStatus());
} finally {
  daemon.child.kill('SIGKILL');
  await upstream.close();
  rmSync(work, { recursive: true, force: true });
}

function startDaemon(folder: string, { url }: UpstreamServer): { child: ChildProcess; url: Promise<string> } {
  grow(0);
  const config = {
    mirror: './mirror',
    seeds: ['go.sum'],
    upstream: url,
    sumdb: 'off',
    schedule: pace === 60 ? '* * * * *' : `*/${pace} * * * * *`,
    retryAfter: `${Math.ceil(pace / 3)}s`,
    retries: 3,
    listen: '127.0.0.1:0',
    keep: { snapshots: 20 },
  };
  writeFileSync(join(folder, 'mirror.config.json'), JSON.stringify(config));
  const child = spawn(process.execPath, [MAIN, 'daemon', '--log-format', 'json'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const listening = Promise.withResolvers<string>();
  const lines = createInterface({ input: child.stderr ?? process.stdin });
  lines.on('line', (line) => {
    const { msg } = JSON.parse(line) as { msg: string };
    const address = /^serving: GOPROXY=(.*)\/current$/.exec(msg)?.[1];
    if (address !== undefined) listening.resolve(address);
    const outcome = /^(\w+): exit \d+: /.exec(msg)?.[1];
    if (outcome !== undefined) outcomes.push(outcome);
  });
  child.once('exit', (code) => listening.reject(new Error(`the daemon ended with ${code}`)));
  return { child, url: listening.promise };
}

/** More modules upstream, and all of them in the list. */
function grow(minute: number): void {
  for (let index = 0; index < GROWTH; index++) {
    const path = `example.com/m${minute}x${index}`;
    const content = `package m // ${'x'.repeat(20_000 + index)}\n`;
    upstream.add({ path, version: 'v1.0.0', files: { 'go.mod': `module ${path}\n`, 'm.go': content } });
  }
  mkdirSync(work, { recursive: true });
  writeFileSync(
    join(work, 'go.sum'),
    upstream
      .goSumLines()
      .map((line) => `${line}\n`)
      .join(''),
  );
}

async function drive(child: ChildProcess, url: Promise<string>): Promise<void> {
  const address = await url;
  const begin = Date.now();
  for (let minute = 1; minute <= minutes; minute++) {
    const [name, match, fault] = FAULTS[minute % FAULTS.length] ?? [];
    upstream.heal();
    upstream.forget();
    if (match !== undefined && fault !== undefined) upstream.fault(match, fault);
    grow(minute);
    while (Date.now() < begin + minute * pace * 1000) {
      await delay((pace * 1000) / 6);
      samples.push(await sample(child, address, begin));
    }
    const { residentMB, heapMB } = samples.at(-1) ?? { residentMB: 0, heapMB: 0 };
    process.stderr.write(
      `minute ${minute}: ${name ?? 'nothing wrong'}; resident ${residentMB} MB, heap ${heapMB} MB, ${outcomes.length} runs\n`,
    );
  }
  upstream.heal();
  // The runs of the last faults, and one that finds all well.
  const enough = outcomes.length + 2;
  while (outcomes.length < enough) await delay(1000);
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
}

async function sample({ pid }: ChildProcess, address: string, begin: number): Promise<Sample> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const resident = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1000;
  const text = await (await fetch(`${address}/metrics`)).text();
  const heap = Number(/^nodejs_heap_size_used_bytes (\d+)/m.exec(text)?.[1]) / 1e6;
  const second = Math.round((Date.now() - begin) / 1000);
  return { second, residentMB: Math.round(resident), heapMB: Math.round(heap) };
}

function readStatus(): StatusReport {
  const env = { ...process.env };
  const text = execFileSync(process.execPath, [MAIN, 'status', '--json'], {
    cwd: work,
    env,
    encoding: 'utf8',
  });
  return JSON.parse(text) as StatusReport;
}

function print({ history, problems, modules }: StatusReport): void {
  const quarter = (index: number) => {
    const size = Math.floor(samples.length / 4);
    const part = samples.slice(index * size, (index + 1) * size);
    return {
      resident: median(part.map((one) => one.residentMB)),
      heap: median(part.map((one) => one.heapMB)),
    };
  };
  const quarters = [0, 1, 2, 3].map(quarter);
  process.stdout.write('| quarter | resident, median MB | heap, median MB |\n|---|---|---|\n');
  for (const [index, { resident, heap }] of quarters.entries())
    process.stdout.write(`| ${index + 1} | ${resident} | ${heap} |\n`);
  const growth = (quarters[3]?.resident ?? 0) / (quarters[1]?.resident ?? 1);
  const told = history.map(({ outcome }) => outcome).reverse();
  const seen = outcomes.slice(-told.length);
  const isTrue = JSON.stringify(told) === JSON.stringify(seen);
  const counts = [...new Set(outcomes)].map(
    (one) => `${outcomes.filter((other) => other === one).length} ${one}`,
  );
  process.stdout.write(`\n${minutes} steps of ${pace} s, ${outcomes.length} runs: ${counts.join(', ')}\n`);
  process.stdout.write(`memory, last quarter to second: ${growth.toFixed(2)} × (goal: at most 1.20)\n`);
  process.stdout.write(
    `status tells the last ${told.length} runs as the log did: ${isTrue ? 'yes' : 'no'}\n`,
  );
  process.stdout.write(
    `published at the end: ${modules} module versions, ${problems.length} problems open\n`,
  );
  const isWhole = modules === upstream.goSumLines().length / 2 && problems.length === 0;
  if (growth > 1.2 || !isTrue || !isWhole) process.exitCode = 1;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
