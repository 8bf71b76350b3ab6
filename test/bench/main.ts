/**
 * `npm run bench`: times a cold sync and one with nothing new beside `go mod download` and two floors, on real
 * projects from a loopback upstream, and prints a Markdown table. A mark that does not hold is a figure, not a
 * failure: the exit status is 0 unless something could not be run. Needs Linux, curl and go; the options are in
 * docs/benchmarks.md.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Round, timeRound } from './contenders.ts';
import { figuresOf, marksOf } from './figures.ts';
import { startLoopback } from './loopback.ts';
import { describeMachine } from './machine.ts';
import { type Options, parseOptions } from './options.ts';
import { REPOSITORY } from './programs.ts';
import { type Report, renderReport } from './report.ts';
import { prepareSource, type Source } from './source.ts';

const options = parseOptions(process.argv.slice(2), REPOSITORY);
const report = await runBenchmark(options);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
process.stdout.write(renderReport(report));

/** `raw` is for whoever wants other figures than ours. */
type RawReport = Report & { readonly raw: readonly Round[] };

async function runBenchmark({ runs, projects, work, disk }: Options): Promise<RawReport> {
  mkdirSync(work, { recursive: true });
  const source = prepareSource(projects, work, say);
  const folder = join(work, 'run');
  const diskFolder = disk && join(disk, 'run');
  const loopback = await startLoopback(source, join(work, 'server'));
  try {
    const machine = describeMachine(loopback.server, work);
    const raw: Round[] = [];
    for (let round = 1; round <= runs; round++) {
      say(`round ${round} of ${runs}`);
      raw.push(await timeRound({ source, url: loopback.url, folder, disk: diskFolder }, say));
    }
    return {
      machine,
      work: describeWork(source),
      rounds: runs,
      figures: figuresOf(raw),
      marks: marksOf(raw),
      raw,
    };
  } finally {
    await loopback.close();
    const made = [folder, join(work, 'server'), ...(diskFolder ? [diskFolder] : [])];
    for (const left of made) rmSync(left, { recursive: true, force: true });
  }
}

function describeWork({ paths, whole, bytes }: Source): string {
  const zips = paths.filter((path) => path.endsWith('.zip')).length;
  return `${paths.length} files, ${zips} zips (${whole.length} with all files), ${(bytes / 1e6).toFixed(0)} MB`;
}

function say(line: string): void {
  process.stderr.write(`bench: ${line}\n`);
}
