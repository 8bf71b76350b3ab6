/** The sample that `npm start` mirrors, hosted by every recipe of the documentation, and carried by its commands. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modferry, REPO, run, sync, temporaryFolder, writeConfig } from './real-world.ts';

/** The scripts' exit code for "nothing could be run here". */
const NOTHING_RAN = 2;

describe('the sample', () => {
  const work = temporaryFolder('sample');
  let first: ReturnType<typeof sync>;

  beforeAll(() => {
    cpSync(join(REPO, 'docs/examples'), join(work.path, 'docs/examples'), { recursive: true });
    writeConfig(work.path, { seeds: ['docs/examples'] });
    first = sync(work.path);
  });

  afterAll(() => work.remove());

  it('is served whole by the upstream, in less than 60 MB', () => {
    expect(first.report.problems).toEqual([]);
    expect(first.exit).toBe(0);
    expect(first.report.bytes).toBeLessThan(60e6);
    const status = modferry(work.path, 'status', '--json');
    expect(JSON.parse(status.stdout)).toMatchObject({
      seeds: [
        { source: 'docs/examples/echo/go.sum', builds: true, lacking: [], downloadLacks: [] },
        { source: 'docs/examples/kind/go.sum', builds: true, lacking: [], downloadLacks: [] },
      ],
    });
  });

  it('is served right by each recipe of docs/hosting.md', (context) => {
    const script = join(REPO, 'test/real/hosting.sh');
    const ran = run(
      'bash',
      [script, join(work.path, 'mirror/public'), 'github.com/BurntSushi/toml@v1.4.0'],
      work.path,
    );
    process.stderr.write(`${ran.stdout}${ran.stderr}`);
    if (ran.exit === NOTHING_RAN) return context.skip();
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toContain('PASS file://');
  });

  it('is carried across by the commands of docs/carrying.md', (context) => {
    const ran = run('bash', [join(REPO, 'test/real/carrying.sh'), join(work.path, 'mirror')], work.path);
    process.stderr.write(`${ran.stdout}${ran.stderr}`);
    if (ran.exit === NOTHING_RAN) return context.skip();
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toContain('PASS');
    expect(ran.stdout).not.toContain('FAIL');
  });
});
