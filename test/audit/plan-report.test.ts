import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PlanReport } from '../../src/audit/plan-report.ts';
import { A, B, type Mirrored, startMirrored } from './mirrored.ts';

const ZERO = 'h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';

let made: Mirrored;
beforeEach(async () => {
  made = await startMirrored();
});
afterEach(() => made.close());

async function plan(...flags: string[]): Promise<{ exit: number; report: PlanReport }> {
  const { exit, document } = await made.json<PlanReport>('plan', ...flags);
  return { exit, report: document };
}

describe('plan', () => {
  it('tells what a first sync would fetch, asks nobody and makes nothing', async () => {
    const { exit, report } = await plan();
    expect({ exit, report }).toEqual({
      exit: 0,
      report: {
        wanted: 2,
        present: 0,
        toFetch: 2,
        conflicts: [],
        problems: [],
        seeds: [{ source: 'go.sum', wanted: 2, missing: 2, accepted: 0, complete: false }],
        choices: [],
      },
    });
    expect(made.up.paths).toEqual([]);
    expect(existsSync(made.layout.mirror)).toBe(false);
    expect((await made.run('plan')).stdout).toBe(
      'incomplete go.sum: 2 module versions, 2 missing\n2 module versions wanted: 0 present, 2 to fetch\n',
    );
  });

  it('tells what the next sync would fetch', async () => {
    made.want('go.sum', A);
    await made.sync();
    made.want('go.sum', A, B);
    expect((await plan()).report).toMatchObject({ wanted: 2, present: 1, toFetch: 1 });
    await made.sync();
    expect((await plan()).report).toMatchObject({ wanted: 2, present: 2, toFetch: 0 });
  });

  it('counts a file that is missing as one to fetch, an accepted gap as neither', async () => {
    made.up.fault('example.com/b/@v/v1.0.0.zip', { status: 404 });
    await made.sync(3);
    expect((await plan()).report).toMatchObject({ present: 1, toFetch: 1 });
    made.configure({ accept: [{ module: 'example.com/b', version: 'v1.0.0', reason: 'withdrawn' }] });
    expect((await plan()).report).toMatchObject({ wanted: 2, present: 1, toFetch: 0 });
  });

  it('asks with --sizes how large the zips are, and fetches none', async () => {
    const size = (name: string) => made.up.file(`example.com/${name}/@v/v1.0.0.zip`).length;
    const { exit, report } = await plan('--sizes');
    expect({ exit, bytes: report.bytes, unsized: report.unsized }).toEqual({
      exit: 0,
      bytes: size('a') + size('b'),
      unsized: 0,
    });
    expect(made.up.requests.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'HEAD example.com/a/@v/v1.0.0.zip',
      'HEAD example.com/b/@v/v1.0.0.zip',
    ]);
  });

  it('says with --sizes of how many zips nobody tells the size', async () => {
    made.up.fault('example.com/b/@v/v1.0.0.zip', { status: 404 });
    const { exit, report } = await plan('--sizes');
    expect({ exit, unsized: report.unsized }).toEqual({ exit: 0, unsized: 1 });
    expect(report.bytes).toBe(made.up.file('example.com/a/@v/v1.0.0.zip').length);
  });

  it('asks nobody with --sizes where nothing is to be fetched', async () => {
    await made.sync();
    made.up.forget();
    expect((await plan('--sizes')).report).toMatchObject({ bytes: 0, unsized: 0 });
    expect(made.up.paths).toEqual([]);
  });

  it('names both sides where go.sum files disagree, with exit 4', async () => {
    made.write('b/go.sum', `example.com/a v1.0.0 ${ZERO}\n`);
    made.configure({ seeds: ['go.sum', 'b/go.sum'] });
    const [right] = made.up.goSumLines(A).map((line) => line.split(' ')[2]);
    const { exit, report } = await plan();
    expect(exit).toBe(4);
    expect(report.conflicts).toEqual([
      {
        module: 'example.com/a',
        version: 'v1.0.0',
        file: 'zip',
        hashes: [
          { hash: right, sources: ['go.sum:1'] },
          { hash: ZERO, sources: ['b/go.sum:1'] },
        ],
      },
    ]);
    expect(report.problems).toEqual([]);
    expect((await made.run('plan')).stdout).toContain(
      `conflict: ${A} zip:\n  ${right} in go.sum:1\n  ${ZERO} in b/go.sum:1\n`,
    );
  });

  it('names a line that contradicts what the mirror holds, with exit 4', async () => {
    await made.sync();
    made.write('go.sum', `example.com/a v1.0.0 ${ZERO}\n`);
    const { exit, report } = await plan();
    expect(exit).toBe(4);
    expect(report.conflicts).toEqual([]);
    expect(report.problems).toMatchObject([
      {
        module: 'example.com/a',
        version: 'v1.0.0',
        file: 'zip',
        code: 'HASH_MISMATCH',
        sources: ['go.sum:1'],
      },
    ]);
    expect(report.problems[0]?.message).toMatch(
      /^example\.com\/a@v1\.0\.0: zip: hash mismatch: go\.sum says h1:A{43}=, the mirror has held h1:\S{43}= since \S+Z$/,
    );
  });

  it('names a URL seed that cannot be read, with exit 0: a plan promises nothing', async () => {
    made.configure({ seeds: ['go.sum', { url: `${made.up.url}/none/go.sum` }] });
    const { exit, report } = await plan();
    expect(exit).toBe(0);
    expect(report.problems).toMatchObject([
      { module: null, code: 'SEED_UNAVAILABLE', sources: [`${made.up.url}/none/go.sum`] },
    ]);
  });
});
