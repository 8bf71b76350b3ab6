import { existsSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reportStatus, type StatusReport } from '../../src/audit/status.ts';
import type { Config } from '../../src/config/load.ts';
import { parseSettings } from '../../src/config/schema.ts';
import { Store } from '../../src/store/store.ts';
import { readSeeds } from '../../src/sync/seeds.ts';
import { A, B, type Mirrored, startMirrored } from './mirrored.ts';

let made: Mirrored;
beforeEach(async () => {
  made = await startMirrored();
});
afterEach(() => made.close());

async function status(...flags: string[]): Promise<{ exit: number; report: StatusReport }> {
  made.up.forget();
  const { exit, document, stderr } = await made.json<StatusReport>('status', ...flags);
  expect({ stderr, paths: made.up.paths }).toEqual({ stderr: '', paths: [] });
  return { exit, report: document };
}

const seedOf = (report: StatusReport, source = 'go.sum'): StatusReport['seeds'][number] | undefined =>
  report.seeds.find((seed) => seed.source === source);

/** These files of both module versions. */
const A_AND_B = (...files: string[]) => [A, B].flatMap((name) => files.map((file) => `${name} ${file}`));

describe('status', () => {
  it('before the first sync: nothing is current, no build works, and nothing is made', async () => {
    const { exit, report } = await status();
    expect({ exit, report }).toEqual({
      exit: 0,
      report: {
        current: null,
        publishedAt: null,
        modules: 0,
        bytes: 0,
        seeds: [
          {
            source: 'go.sum',
            wanted: 2,
            missing: 2,
            accepted: 0,
            complete: false,
            builds: false,
            lacking: [`${A} zip`, `${A} mod`, `${A} info`, `${B} zip`, `${B} mod`, `${B} info`],
            downloadLacks: [],
            commands: [
              { command: 'build', lacks: A_AND_B('zip', 'mod'), isUnknown: false },
              { command: 'tidy', lacks: A_AND_B('zip', 'mod'), isUnknown: false },
              { command: 'download', lacks: A_AND_B('mod'), isUnknown: true },
              { command: 'list -m all', lacks: A_AND_B('mod', 'info'), isUnknown: true },
              { command: 'download all', lacks: A_AND_B('zip', 'mod', 'info'), isUnknown: true },
            ],
            warnings: [],
          },
        ],
        sumdb: null,
        acceptedGaps: [],
        problems: [],
        history: [],
        lastRun: null,
        checkedAt: null,
        age: null,
        stale: false,
      },
    });
    expect(existsSync(made.layout.mirror)).toBe(false);
    expect((await made.run('status')).stdout).toBe(
      [
        'nothing is published yet: run modferry sync',
        'does not build yet    go.sum: 2 module versions',
        `  not served: ${A} zip, ${A} mod, ${A} info and 3 more`,
        '',
      ].join('\n'),
    );
  });

  it('after a sync: what is current, and that a build works', async () => {
    await made.sync();
    const { exit, report } = await status();
    expect(exit).toBe(0);
    expect(report).toMatchObject({
      current: made.current,
      modules: 2,
      lastRun: { outcome: 'published' },
      checkedAt: report.lastRun?.finishedAt,
      stale: false,
    });
    expect(report.publishedAt).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
    expect(report.bytes).toBeGreaterThan(0);
    expect(seedOf(report)).toEqual({
      source: 'go.sum',
      wanted: 2,
      missing: 0,
      accepted: 0,
      complete: true,
      builds: true,
      lacking: [],
      downloadLacks: [],
      commands: ['build', 'tidy', 'download', 'list -m all', 'download all'].map((command) => {
        return { command, lacks: [], isUnknown: /download/.test(command) };
      }),
      warnings: [],
    });
  });

  it.each([
    ['zip', false],
    ['mod', false],
    // Only `go list -m` and `go mod download` ask for it.
    ['info', true],
  ])('of a seed whose %s the upstream does not have: a build works: %j', async (file, builds) => {
    made.up.fault(`example.com/b/@v/v1.0.0.${file}`, { status: 404 });
    await made.sync(3);
    const { exit, report } = await status();
    expect(exit).toBe(0);
    expect(seedOf(report)).toMatchObject({ complete: false, missing: 1, builds, lacking: [`${B} ${file}`] });
  });

  it('judges each seed for itself', async () => {
    made.want('a/go.sum', A);
    made.want('b/go.sum', A, B);
    made.configure({ seeds: ['a', 'b'] });
    made.up.fault('example.com/b/@v/v1.0.0.zip', { status: 404 });
    await made.sync(3);
    const { report } = await status();
    expect(seedOf(report, 'a/go.sum')).toMatchObject({ wanted: 1, builds: true, lacking: [] });
    expect(seedOf(report, 'b/go.sum')).toMatchObject({ wanted: 2, builds: false, lacking: [`${B} zip`] });
  });

  it('goes by what is served, not by what the pool holds', async () => {
    made.want('go.sum', A);
    await made.sync();
    made.serve('example.com/c@v1.0.0');
    made.want('go.sum', A, B, 'example.com/c@v1.0.0');
    made.up.fault('example.com/c/@v/v1.0.0.zip', { status: 404 });
    await made.sync(3, '--strict');
    const { report } = await status();
    expect(report.modules).toBe(1);
    expect(seedOf(report)?.lacking).toEqual(expect.arrayContaining([`${B} zip`, `${B} mod`, `${B} info`]));
  });

  it('sees a go.sum that has changed since the last sync', async () => {
    await made.sync();
    made.serve('example.com/c@v1.0.0');
    made.want('go.sum', A, B, 'example.com/c@v1.0.0');
    const { report } = await status();
    expect(seedOf(report)).toMatchObject({ wanted: 3, missing: 1, builds: false });
  });

  it('tells accepted gaps with their reason, and does not count them as missing', async () => {
    made.configure({ accept: [{ module: 'example.com/b', version: 'v1.0.0', reason: 'withdrawn' }] });
    made.up.fault(/example.com\/b\/@v\/v1.0.0.zip/, { status: 404 });
    await made.sync();
    const { report } = await status();
    expect(seedOf(report)).toMatchObject({ missing: 0, accepted: 1, complete: true, builds: false });
    expect(report.acceptedGaps).toMatchObject([
      { module: 'example.com/b', version: 'v1.0.0', file: 'zip', code: 'NOT_FOUND', reason: 'withdrawn' },
    ]);
  });

  it('names a URL seed that nobody has fetched yet', async () => {
    made.configure({ seeds: ['go.sum', { url: 'http://user:secret@127.0.0.1:9/go.sum?token=secret' }] });
    const { exit, report } = await status();
    expect(exit).toBe(0);
    expect(seedOf(report, 'http://127.0.0.1:9/go.sum')).toMatchObject({ complete: false, builds: false });
    expect(JSON.stringify(report)).not.toContain('secret');
  });

  it('works where the ledger is gone and the snapshot is not', async () => {
    await made.sync();
    for (const end of ['', '-wal', '-shm']) rmSync(made.layout.stateDb + end, { force: true });
    const { exit, report } = await status();
    expect(exit).toBe(0);
    expect(report).toMatchObject({ current: made.current, lastRun: null });
  });
});

describe('what `go mod download` would miss', () => {
  const GO_MOD = `module example.com/app

go 1.21

require (
	example.com/a v1.0.0
	example.com/nozip v1.0.0
	example.com/local v1.0.0
	example.com/old v1.0.0
	example.com/other v1.0.0
	example.com/everywhere v1.0.0
)

replace example.com/local => ./local
replace example.com/old v1.0.0 => example.com/new v1.2.0
replace example.com/other v0.9.9 => example.com/b v1.0.0
replace example.com/everywhere => example.com/b v1.0.0
`;

  it('is what go.mod requires, under its replacement, and no zip line names', async () => {
    made.write('go.mod', GO_MOD);
    await made.sync();
    const { report } = await status();
    expect(seedOf(report)?.downloadLacks).toEqual([
      'example.com/nozip@v1.0.0',
      'example.com/new@v1.2.0',
      'example.com/other@v1.0.0',
    ]);
    expect((await made.run('status')).stdout).toContain(
      '  go mod download would not find 9: example.com/nozip@v1.0.0 mod, example.com/nozip@v1.0.0 info, example.com/nozip@v1.0.0 zip and 6 more\n',
    );
  });

  it('is nothing without a go.mod', async () => {
    await made.sync();
    expect(seedOf((await status()).report)?.downloadLacks).toEqual([]);
  });
});

describe('the age', () => {
  const HOUR = 3600;
  // Nothing here changes what the first sync has made but the one test that makes a copy.
  let synced: Mirrored;
  let checked = 0;
  beforeAll(async () => {
    synced = await startMirrored();
    await synced.sync();
    const store = Store.forReading(synced.layout.stateDb);
    checked = Date.parse(store?.runs.last()?.finishedAt ?? '');
    store?.close();
  });
  afterAll(() => synced.close());

  async function reportAt(seconds: number, maxAge?: number, of = synced): Promise<StatusReport> {
    const file = `${of.folder}/mirror.config.json`;
    const settings = parseSettings({ seeds: ['go.sum'] }, file);
    const config: Config = { ...settings, mirror: of.layout.mirror, file, base: of.folder };
    const seeds = await readSeeds(config, of.layout.seeds, { redact: (url) => url, warn: () => {} }, false);
    const now = new Date(checked + seconds * 1000);
    const store = Store.forReading(of.layout.stateDb);
    try {
      return reportStatus({ config, layout: of.layout, store, seeds, log: undefined, now, maxAge });
    } finally {
      store?.close();
    }
  }

  it.each([
    [HOUR, undefined, false],
    [HOUR, HOUR, false],
    [HOUR + 1, HOUR, true],
    [HOUR, 0, true],
    [0, 0, false],
  ])('%i s with a limit of %j is stale: %j', async (seconds, maxAge, stale) => {
    const report = await reportAt(seconds, maxAge);
    expect({ age: report.age, stale: report.stale, maxAge: report.maxAge }).toEqual({
      age: seconds,
      stale,
      maxAge,
    });
  });

  it('is never negative, whatever the clock says', async () => {
    expect(await reportAt(-HOUR, HOUR)).toMatchObject({ age: 0, stale: false });
  });

  it('counts from the last run that went through, not from one that failed', async () => {
    const copy = synced.clone();
    const writing = Store.forWriting(copy.layout.stateDb, () => new Date());
    const later = new Date(checked + HOUR * 1000);
    writing.runs.finish(writing.runs.start(later, []), later, 'failed', null, {});
    writing.close();
    const report = await reportAt(2 * HOUR, HOUR, copy);
    copy.remove();
    expect(report).toMatchObject({ age: 2 * HOUR, stale: true, lastRun: { outcome: 'failed' } });
  });

  it('where nothing was ever checked is stale as soon as there is a limit, with exit 8', async () => {
    const { exit, report } = await status('--max-age', '99d');
    expect({ exit, age: report.age, stale: report.stale, maxAge: report.maxAge }).toEqual({
      exit: 8,
      age: null,
      stale: true,
      maxAge: 99 * 86_400,
    });
  });

  it('is limited by the configuration, and by the flag before it', async () => {
    made.configure({ maxAge: '7d' });
    await made.sync();
    expect((await status()).report).toMatchObject({ maxAge: 604_800, stale: false });
    expect((await status('--max-age', '8d')).report.maxAge).toBe(691_200);
  });
});
