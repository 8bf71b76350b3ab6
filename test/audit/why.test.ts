import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WhyReport } from '../../src/audit/why.ts';
import { A, B, type Mirrored, sha256Of, startMirrored } from './mirrored.ts';

let made: Mirrored;
beforeEach(async () => {
  made = await startMirrored();
});
afterEach(() => made.close());

async function why(query: string): Promise<WhyReport> {
  made.up.forget();
  const { exit, document, stderr } = await made.json<WhyReport>('why', query);
  expect({ exit, stderr, paths: made.up.paths }).toEqual({ exit: 0, stderr: '', paths: [] });
  return document;
}

const briefly = ({ versions }: WhyReport) => versions.map(({ version, state }) => `${version} ${state}`);

describe('why', () => {
  it('tells what is published: hashes, size, whence and when, and the lines that want it', async () => {
    await made.sync();
    const report = await why('example.com/a');
    const [version] = report.versions;
    const [zipLine = '', modLine = ''] = made.up.goSumLines(A).map((line) => line.split(' ')[2]);
    expect(report.module).toBe('example.com/a');
    expect(version).toMatchObject({ version: 'v1.0.0', state: 'published', gaps: [] });
    expect(version?.wantedBy).toEqual([
      { source: 'go.sum', line: 1, file: 'zip', h1: zipLine, because: null },
      { source: 'go.sum', line: 2, file: 'mod', h1: modLine, because: null },
    ]);
    expect(
      version?.files.map(({ file, h1, published, upstream }) => ({ file, h1, published, upstream })),
    ).toEqual([
      { file: 'info', h1: null, published: true, upstream: made.up.url },
      { file: 'mod', h1: modLine, published: true, upstream: made.up.url },
      { file: 'zip', h1: zipLine, published: true, upstream: made.up.url },
    ]);
    const zip = version?.files.find(({ file }) => file === 'zip');
    expect(zip?.sha256).toBe(sha256Of(made.at('example.com/a/@v/v1.0.0.zip')));
    expect(zip?.size).toBe(made.up.file('example.com/a/@v/v1.0.0.zip').length);
    expect(zip?.fetchedAt).toMatch(/Z$/);
  });

  it('says it in words', async () => {
    await made.sync();
    const [zip, mod] = made.up.goSumLines(A).map((line) => line.split(' ')[2]);
    const { stdout } = await made.run('why', A);
    const words = stdout
      .replace(/ at \d{4}-\S+Z$/gm, ' at TIME')
      .replace(/sha256:[0-9a-f]{64}/g, 'sha256:HASH')
      .replace(/\d+ bytes/g, 'N bytes');
    expect(words).toBe(
      [
        `${A}: published`,
        `  info: sha256:HASH, N bytes, from ${made.up.url} at TIME`,
        `  mod: ${mod}, N bytes, from ${made.up.url} at TIME`,
        `  zip: ${zip}, N bytes, from ${made.up.url} at TIME`,
        `  go.sum:1 wants the zip: ${zip}`,
        `  go.sum:2 wants the mod: ${mod}`,
        '',
      ].join('\n'),
    );
  });

  it('lists versions by their order, not as text; or the one that is asked for', async () => {
    const names = ['v1.10.0', 'v1.9.0', 'v1.0.0-rc.1'].map((version) => `example.com/m@${version}`);
    made.serve(...names);
    made.want('go.sum', ...names);
    await made.sync();
    expect(briefly(await why('example.com/m'))).toEqual([
      'v1.0.0-rc.1 published',
      'v1.9.0 published',
      'v1.10.0 published',
    ]);
    expect(briefly(await why('example.com/m@v1.9.0'))).toEqual(['v1.9.0 published']);
    expect(briefly(await why('example.com/m@v1.9'))).toEqual([]);
    expect(briefly(await why('example.com/m@'))).toEqual([]);
  });

  it('tells what is missing, since when, and why', async () => {
    made.up.fault(/^example\.com\/b\//, { status: 404 });
    await made.sync(3);
    const [version] = (await why('example.com/b')).versions;
    expect(version).toMatchObject({ version: 'v1.0.0', state: 'missing', files: [] });
    const message = (file: string) => `${B}: ${file} from ${made.up.url}: not found: 404`;
    expect(version?.gaps.map((gap) => ({ file: gap.file, code: gap.code, message: gap.message }))).toEqual(
      ['info', 'mod', 'zip'].map((file) => ({ file, code: 'NOT_FOUND', message: message(file) })),
    );
    const { stdout } = await made.run('why', B);
    expect(stdout.split('\n')[0]).toBe(`${B}: missing`);
    expect(stdout.replace(/since \d{4}-\S+Z/g, 'since THEN')).toContain(
      `\n  missing since THEN: ${message('zip')}\n`,
    );
  });

  it('tells what is held in the pool and not published', async () => {
    made.want('go.sum', A);
    await made.sync();
    made.serve('example.com/c@v1.0.0');
    made.want('go.sum', A, B, 'example.com/c@v1.0.0');
    made.up.fault('example.com/c/@v/v1.0.0.zip', { status: 404 });
    await made.sync(3, '--strict');
    expect(briefly(await why('example.com/b'))).toEqual(['v1.0.0 held']);
    const [version] = (await why('example.com/b')).versions;
    expect(version?.files.map(({ published }) => published)).toEqual([false, false, false]);
  });

  it('tells what is published still although no seed wants it any more', async () => {
    await made.sync();
    made.want('go.sum', A);
    await made.sync();
    const [version] = (await why('example.com/b')).versions;
    expect(version).toMatchObject({ state: 'published', wantedBy: [] });
    expect((await made.run('why', B)).stdout).toContain('  wanted by no seed of the last run\n');
  });

  it('knows nothing of what nobody wants, before a sync and after', async () => {
    expect(await why('example.com/a')).toEqual({ module: 'example.com/a', versions: [] });
    await made.sync();
    expect(await why('example.com/none')).toEqual({ module: 'example.com/none', versions: [] });
    expect((await made.run('why', 'example.com/none')).stdout).toBe(
      'example.com/none: no go.sum line wants it, and the mirror holds nothing of it\n',
    );
  });
});
