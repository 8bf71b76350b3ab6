import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BadFile, VerifyReport } from '../../src/audit/verify.ts';
import { swapLink } from '../../src/site/durable.ts';
import { formatManifest, type Manifest } from '../../src/site/manifest.ts';
import { openForWriting } from '../../src/store/open.ts';
import { buildModuleZip } from '../support/zip-builder.ts';
import { A, B, type Mirrored, sha256Of, startMirrored } from './mirrored.ts';

const ZIP = 'example.com/a/@v/v1.0.0.zip';
const MOD = 'example.com/a/@v/v1.0.0.mod';
const MANIFEST = '_mirror/snapshot.json';
const SUMS = '_mirror/SHA256SUMS';

/** Two modules with info, mod, zip, list and @latest each, and the four files of `_mirror/`. */
const FILES = 14;

// One sync for all: each test damages a copy of its own.
let synced: Mirrored;
let made: Mirrored;
beforeAll(async () => {
  synced = await startMirrored();
  await synced.sync();
});
beforeEach(() => {
  synced.up.heal();
  made = synced.clone();
});
afterEach(() => made.remove());
afterAll(() => synced.close());

/** Damages without touching the pool, which shares its bytes with the snapshot. */
function replace(path: string, bytes: string | Buffer): void {
  rmSync(path, { force: true });
  writeFileSync(path, bytes);
}

async function verify(...flags: string[]): Promise<{ exit: number; report: VerifyReport }> {
  made.up.forget();
  const { exit, document, stderr } = await made.json<VerifyReport>('verify', ...flags);
  expect({ stderr, paths: made.up.paths }).toEqual({ stderr: '', paths: [] });
  return { exit, report: document };
}

/** Expects exit 4 and exactly these bad files; paths are below the current snapshot unless they say otherwise. */
async function expectBad(bad: readonly BadFile[], ...flags: string[]): Promise<void> {
  const { exit, report } = await verify(...flags);
  expect(report.problems.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual(bad);
  expect({ exit, bad: report.bad, repaired: report.repaired }).toEqual({
    exit: 4,
    bad: bad.length,
    repaired: 0,
  });
}

const LOST: BadFile = {
  path: 'state.db',
  code: 'DATABASE_LOST',
  message: 'is not there',
  hint: 'run `modferry verify --repair`: it builds it anew from what is published',
};

const inCurrent = (path: string) =>
  `mirror/public/snapshots/${made.current}/${path}`.replace(/^mirror\//, '');
const mismatch = (path: string, is: string, should: string): BadFile => ({
  path: inCurrent(path),
  code: 'HASH_MISMATCH',
  message: `is ${is}, should be ${should}`,
});

describe('verify', () => {
  it.each([[[]], [['--full']]])('finds nothing wrong with what a sync has published (%j)', async (flags) => {
    const { exit, report } = await verify(...flags);
    expect({ exit, report }).toEqual({
      exit: 0,
      report: { snapshot: made.current, checked: FILES, bad: 0, repaired: 0, problems: [] },
    });
  });

  it('says so in one line, and names what is bad in one line each', async () => {
    expect((await made.run('verify')).stdout).toBe(`${made.current}: ${FILES} files checked, 0 bad\n`);
    rmSync(made.at(ZIP));
    expect(await made.run('verify')).toEqual({
      exit: 4,
      stdout: `MISSING: ${inCurrent(ZIP)}: is not there\n${made.current}: ${FILES - 1} files checked, 1 bad\n`,
      stderr: '',
    });
  });

  it.each([ZIP, MOD, 'example.com/a/@v/v1.0.0.info', 'example.com/a/@v/list', 'example.com/a/@latest'])(
    'finds a file that is gone: %s',
    async (path) => {
      rmSync(made.at(path));
      await expectBad([{ path: inCurrent(path), code: 'MISSING', message: 'is not there' }]);
    },
  );

  it.each([
    ZIP,
    MOD,
    'example.com/a/@v/list',
    'example.com/a/@latest',
    '_mirror/bom.cdx.json',
    '_mirror/go.mod',
  ])('finds a file whose bytes are others: %s', async (path) => {
    const should = sha256Of(made.at(path));
    replace(made.at(path), 'x');
    await expectBad([mismatch(path, sha256Of(made.at(path)), should)]);
  });

  it('finds a single bit', async () => {
    const bytes = readFileSync(made.at(ZIP));
    const should = sha256Of(made.at(ZIP));
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    replace(made.at(ZIP), bytes);
    await expectBad([mismatch(ZIP, sha256Of(made.at(ZIP)), should)]);
  });

  it('finds a folder in place of a file', async () => {
    rmSync(made.at(ZIP));
    mkdirSync(made.at(ZIP));
    await expectBad([{ path: inCurrent(ZIP), code: 'MISSING', message: 'is not there' }]);
  });

  it.each(['example.com/a/@v/v9.9.9.zip', 'index.html', '_mirror/more.json'])(
    'finds a file that nobody named: %s',
    async (path) => {
      writeFileSync(made.at(path), 'x');
      await expectBad([{ path: inCurrent(path), code: 'UNLISTED', message: 'no manifest names it' }]);
    },
  );

  it('finds a link that nobody named, which a file server may follow', async () => {
    symlinkSync('/etc/passwd', made.at('example.com/a/@v/v9.9.9.zip'));
    await expectBad([
      { path: inCurrent('example.com/a/@v/v9.9.9.zip'), code: 'UNLISTED', message: 'no manifest names it' },
    ]);
  });

  it('finds all of several', async () => {
    const should = sha256Of(made.at(MOD));
    replace(made.at(MOD), 'x');
    rmSync(made.at(ZIP));
    writeFileSync(made.at('zzz'), 'x');
    await expectBad([
      mismatch(MOD, sha256Of(made.at(MOD)), should),
      { path: inCurrent(ZIP), code: 'MISSING', message: 'is not there' },
      { path: inCurrent('zzz'), code: 'UNLISTED', message: 'no manifest names it' },
    ]);
  });

  it('finds a manifest that is another one than was published, and believes none of it', async () => {
    const should = sha256Of(made.at(MANIFEST));
    const manifest = JSON.parse(readFileSync(made.at(MANIFEST), 'utf8')) as Manifest;
    writeFileSync(made.at(MANIFEST), formatManifest({ ...manifest, files: manifest.files.slice(1) }));
    await expectBad([
      {
        path: inCurrent(MANIFEST),
        code: 'HASH_MISMATCH',
        message: `is ${sha256Of(made.at(MANIFEST))}, should be ${should}`,
      },
    ]);
  });

  it.each([
    ['is cut short', '{"format": "modferry-snapshot/1"', 'is no JSON'],
    ['is of another program', '{}', 'is no snapshot manifest that this program knows'],
  ])('finds a manifest that %s', async (_, text, problem) => {
    writeFileSync(made.at(MANIFEST), text);
    await expectBad([
      { path: inCurrent(MANIFEST), code: 'MANIFEST_INVALID', message: `${made.at(MANIFEST)}: ${problem}` },
    ]);
  });

  it('finds a snapshot without its manifest', async () => {
    rmSync(made.at(MANIFEST));
    await expectBad([{ path: inCurrent(MANIFEST), code: 'MISSING', message: 'is not there' }]);
  });

  it('finds that `current` points at a snapshot that is gone', async () => {
    await swapLink(made.layout.current, 'snapshots/gone');
    await expectBad([{ path: inCurrent(MANIFEST), code: 'MISSING', message: 'is not there' }]);
  });

  it('finds a snapshot without its SHA256SUMS, and can then vouch for nothing beside the manifest', async () => {
    rmSync(made.at(SUMS));
    const unlisted = (path: string): BadFile => ({
      path: inCurrent(path),
      code: 'UNLISTED',
      message: 'no manifest names it',
    });
    const { exit, report } = await verify();
    expect(exit).toBe(4);
    expect(report.problems).toContainEqual({
      path: inCurrent(SUMS),
      code: 'MISSING',
      message: 'is not there',
    });
    expect(report.problems).toContainEqual(unlisted('_mirror/bom.cdx.json'));
  });

  it.each([
    ['a module file', ZIP],
    ['the manifest', MANIFEST],
  ])('finds a line of SHA256SUMS that is wrong about %s', async (_, path) => {
    const right = sha256Of(made.at(path));
    const text = readFileSync(made.at(SUMS), 'utf8');
    expect(text).toContain(`${right}  ${path}\n`);
    writeFileSync(made.at(SUMS), text.replace(right, 'f'.repeat(64)));
    const { exit, report } = await verify();
    expect({ exit, bad: report.bad }).toEqual({ exit: 4, bad: 1 });
  });

  it('finds a line of SHA256SUMS about a file that the snapshot never had', async () => {
    writeFileSync(
      made.at(SUMS),
      `${readFileSync(made.at(SUMS), 'utf8')}${'f'.repeat(64)}  example.com/z/@v/list\n`,
    );
    const { exit, report } = await verify();
    expect({ exit, bad: report.bad }).toEqual({ exit: 4, bad: 1 });
  });

  it('finds a line that SHA256SUMS lacks', async () => {
    const text = readFileSync(made.at(SUMS), 'utf8');
    writeFileSync(made.at(SUMS), text.replace(/^.* {2}example\.com\/a\/@v\/v1\.0\.0\.zip\n/m, ''));
    const { exit, report } = await verify();
    expect({ exit, bad: report.bad }).toEqual({ exit: 4, bad: 1 });
  });
});

describe('verify without its ledger', () => {
  beforeEach(() => {
    rmSync(made.layout.about, { recursive: true });
    for (const end of ['', '-wal', '-shm']) rmSync(made.layout.stateDb + end, { force: true });
  });

  /** What somebody would write who can change the snapshot but not the hashes that go.sum gives. */
  function forge(path: string, bytes: string | Buffer): void {
    const old = sha256Of(made.at(path));
    replace(made.at(path), bytes);
    const text = readFileSync(made.at(MANIFEST), 'utf8');
    const before = sha256Of(made.at(MANIFEST));
    writeFileSync(made.at(MANIFEST), text.replace(old, sha256Of(made.at(path))));
    const sums = readFileSync(made.at(SUMS), 'utf8').replace(old, sha256Of(made.at(path)));
    writeFileSync(made.at(SUMS), sums.replace(before, sha256Of(made.at(MANIFEST))));
  }

  it('says so with what to do, and goes by the manifest', async () => {
    await expectBad([LOST]);
    expect(existsSync(made.layout.stateDb)).toBe(false);
    const should = sha256Of(made.at(ZIP));
    replace(made.at(ZIP), 'x');
    await expectBad([mismatch(ZIP, sha256Of(made.at(ZIP)), should), LOST]);
  });

  it('computes every h1 again with --full: a zip and a manifest that were forged together do not pass', async () => {
    const zip = buildModuleZip(
      { path: 'example.com/a', version: 'v1.0.0' },
      { 'go.mod': 'module example.com/a\n', 'a.go': 'evil' },
    );
    const [zipLine = ''] = made.up.goSumLines(A);
    forge(ZIP, zip);
    const { exit, report } = await verify('--full');
    expect(exit).toBe(4);
    const expected = zipLine.split(' ')[2];
    expect(report.problems).toEqual([
      LOST,
      {
        path: inCurrent(ZIP),
        code: 'HASH_MISMATCH',
        message: expect.stringMatching(/^is h1:.{44}, should be h1:.{44}$/),
      },
    ]);
    expect(report.problems[1]?.message).toContain(`should be ${expected}`);
  });

  it('checks the rules for zips again with --full', async () => {
    forge(ZIP, 'no zip at all');
    const { exit, report } = await verify('--full');
    expect({ exit, codes: report.problems.map(({ code, path }) => [code, path]) }).toEqual({
      exit: 4,
      codes: [
        ['DATABASE_LOST', 'state.db'],
        ['ZIP_INVALID', inCurrent(ZIP)],
      ],
    });
    expect(report.problems[1]?.message).toBe(
      'example.com/a@v1.0.0: invalid module zip: there is no end record: the file is cut, or not a zip',
    );
  });

  it('computes the h1 of a go.mod again with --full', async () => {
    forge(MOD, 'module example.com/evil\n');
    const { report } = await verify('--full');
    expect(report.problems.map(({ code, path }) => [code, path])).toEqual([
      ['DATABASE_LOST', 'state.db'],
      ['HASH_MISMATCH', inCurrent(MOD)],
    ]);
  });
});

describe('verify of links', () => {
  it('finds that no snapshot is current, and names the newest', async () => {
    const id = made.current;
    rmSync(made.layout.current);
    const { exit, report } = await verify();
    expect({ exit, problems: report.problems }).toEqual({
      exit: 4,
      problems: [
        {
          path: 'public/current',
          code: 'MISSING',
          message: 'no snapshot is current',
          hint: `modferry snapshots rollback ${id} makes the newest one current`,
        },
      ],
    });
  });

  it('finds a link to a checksum database that the snapshot does not carry', async () => {
    symlinkSync('../../sumdb', made.at('sumdb'));
    await expectBad([{ path: inCurrent('sumdb'), code: 'UNLISTED', message: 'no manifest names it' }]);
  });
});

describe('verify of a database that is damaged', () => {
  const expectLost = async (message: unknown, ...flags: string[]) => {
    const { exit, report } = await verify(...flags);
    expect({ exit, problems: report.problems }).toEqual({ exit: 4, problems: [{ ...LOST, message }] });
    expect(report.checked).toBe(FILES);
  };
  const dropLog = () => {
    for (const end of ['-wal', '-shm']) rmSync(made.layout.stateDb + end, { force: true });
  };

  it.each([
    [
      'is no SQLite file',
      'this is text, and more of it than a header has\n'.repeat(20),
      'is damaged or no SQLite database',
    ],
    ['has no byte', '', 'is empty'],
  ])('finds that it %s', async (_, text, message) => {
    dropLog();
    writeFileSync(made.layout.stateDb, text);
    await expectLost(message);
    await expectLost(message, '--full');
  });

  it('finds that it is cut short', async () => {
    dropLog();
    truncateSync(made.layout.stateDb, 40_000);
    await expectLost(expect.stringMatching(/^is damaged/));
  });

  it('finds pages that hold something else', async () => {
    dropLog();
    const bytes = readFileSync(made.layout.stateDb);
    bytes.fill(0x5a, 5 * 4096, 8 * 4096);
    writeFileSync(made.layout.stateDb, bytes);
    await expectLost(expect.stringMatching(/^is damaged/));
  });

  it('finds one that does not know what is current', async () => {
    for (const end of ['', '-wal', '-shm']) rmSync(made.layout.stateDb + end, { force: true });
    openForWriting(made.layout.stateDb, () => new Date()).close();
    await expectBad([
      { ...LOST, code: 'UNKNOWN_SNAPSHOT', message: `does not know the snapshot ${made.current}` },
    ]);
  });
});

describe('verify --full', () => {
  const C = 'example.com/c@v1.0.0';
  beforeEach(() => {
    made.serve(C);
    made.want('go.sum', A, B, C);
  });

  it('finds a bad file in an old snapshot, which without it is not looked at', async () => {
    const old = made.current;
    await made.sync();
    expect(made.current).not.toBe(old);
    const path = made.at('example.com/a/@v/list', old);
    const should = sha256Of(path);
    writeFileSync(path, 'v9.9.9\n');
    expect((await verify()).exit).toBe(0);
    const { exit, report } = await verify('--full');
    expect({ exit, problems: report.problems }).toEqual({
      exit: 4,
      problems: [
        {
          path: `public/snapshots/${old}/example.com/a/@v/list`,
          code: 'HASH_MISMATCH',
          message: `is ${sha256Of(path)}, should be ${should}`,
        },
      ],
    });
  });

  it('names damage in every snapshot that shares it', async () => {
    const old = made.current;
    await made.sync();
    writeFileSync(made.at(ZIP), 'damaged through the link');
    const { report } = await verify('--full');
    expect(report.problems.map(({ path }) => path)).toEqual(
      expect.arrayContaining([`public/snapshots/${old}/${ZIP}`, `public/snapshots/${made.current}/${ZIP}`]),
    );
  });

  it('finds a bad file in the pool that no snapshot holds', async () => {
    made.up.fault('example.com/c/@v/v1.0.0.info', { status: 404 });
    await made.sync(3, '--strict');
    const pooled = `${made.layout.pool}/example.com/c/@v/v1.0.0.zip`;
    const should = sha256Of(pooled);
    writeFileSync(pooled, 'x');
    expect((await verify()).exit).toBe(0);
    const { exit, report } = await verify('--full');
    expect({ exit, problems: report.problems }).toEqual({
      exit: 4,
      problems: [
        {
          path: 'pool/example.com/c/@v/v1.0.0.zip',
          code: 'HASH_MISMATCH',
          message: `is ${sha256Of(pooled)}, should be ${should}`,
        },
      ],
    });
  });

  it('finds what the pool has lost', async () => {
    rmSync(`${made.layout.pool}/${ZIP}`);
    const { exit, report } = await verify('--full');
    expect({ exit, problems: report.problems.map(({ path, code }) => [path, code]) }).toEqual({
      exit: 4,
      problems: [[`pool/${ZIP}`, 'MISSING']],
    });
  });
});

describe('verify of a mirror in which nothing is published', () => {
  beforeEach(() => rmSync(made.layout.mirror, { recursive: true }));

  it.each([[[]], [['--full']]])('says so, with exit 2 (%j)', async (flags) => {
    const { exit, document } = await made.json('verify', ...flags);
    expect({ exit, document }).toEqual({
      exit: 2,
      document: {
        error: {
          code: 'USAGE',
          message: `${made.layout.mirror}: nothing is published yet`,
          hint: 'run modferry sync first',
        },
      },
    });
    expect(existsSync(made.layout.mirror)).toBe(false);
  });
});
