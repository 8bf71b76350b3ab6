/** The whole promise on real input: well-known projects' go.sum files, the real upstream, the real go command. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { moduleFilePath } from '../../src/gomod/artifact.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { compileSbomValidator } from '../../src/sbom/validate.ts';
import type { Manifest } from '../../src/site/manifest.ts';
import {
  checkOut,
  hasProgram,
  modferry,
  REPO,
  type RealProject,
  realProjects,
  run,
  sayWhatIsSkipped,
  sync,
  temporaryFolder,
  writeConfig,
} from './real-world.ts';

/** Built inside the gap; the others are only listed, since two cores build them for minutes. */
const BUILT = new Set(['github.com/gin-gonic/gin', 'github.com/tsenart/vegeta/v12']);

const noGo = sayWhatIsSkipped(!hasProgram('go'), 'real projects: there is no go command');
const noNginx = sayWhatIsSkipped(!hasProgram('nginx'), 'the client inside the gap: there is no nginx');

describe.skipIf(noGo)('the go.sum files of real projects', () => {
  const work = temporaryFolder('real');
  const projects = realProjects();
  const folderOf = (project: RealProject) => join(work.path, 'projects', project.module.replaceAll('/', '_'));
  const config = { mirror: './mirror', seeds: ['projects/*/go.sum'] };
  let first: ReturnType<typeof sync>;

  beforeAll(() => {
    for (const project of projects) checkOut(project, folderOf(project), join(work.path, 'gomodcache'));
    writeConfig(work.path, config);
    first = sync(work.path, '--quiet');
  });

  afterAll(() => work.remove());

  const manifest = () =>
    JSON.parse(
      readFileSync(join(work.path, 'mirror/public/current/_mirror/snapshot.json'), 'utf8'),
    ) as Manifest;

  it('are verified as far as the upstream serves them, and what it refuses is named', () => {
    const { report, exit } = first;
    const { wanted, fetched, missing, mismatched, present, accepted } = report.modules;
    expect(report.error).toBeUndefined();
    expect(mismatched + present + accepted).toBe(0);
    expect(fetched + missing).toBe(wanted);
    expect(report.problems.every(({ code }) => code === 'REJECTED' || code === 'NOT_FOUND')).toBe(true);
    expect(report.problems.every(({ sources, module }) => module !== null && sources.length > 0)).toBe(true);
    expect(exit).toBe(report.problems.length > 0 ? 3 : 0);
    const zips = manifest().files.filter(({ path }) => path.endsWith('.zip'));
    expect(zips.length).toBeGreaterThanOrEqual(500);
    process.stderr.write(
      `${projects.length} projects: ${wanted} module versions, ${zips.length} zips, ${report.requests} requests, ` +
        `${(report.bytes / 1e6).toFixed(0)} MB, ${report.seconds.toFixed(1)} s; withheld: ` +
        (report.problems.map(({ module, version, file }) => `${module}@${version} ${file}`).join(', ') ||
          'nothing') +
        '\n',
    );
  });

  it('leave nothing in staging, and a tree that sha256sum accepts', () => {
    expect(readdirSync(join(work.path, 'mirror/staging'))).toEqual([]);
    const root = join(work.path, 'mirror/public/current/');
    const sums = run('sha256sum', ['--quiet', '-c', '_mirror/SHA256SUMS'], root);
    expect(sums).toEqual({ exit: 0, stdout: '', stderr: '' });
    const verify = modferry(work.path, 'verify', '--full', '--json');
    expect(verify.exit).toBe(0);
    expect(JSON.parse(verify.stdout)).toMatchObject({ bad: 0, problems: [] });
  });

  it('have an SBOM that is valid, with one component for each zip', () => {
    const text = readFileSync(join(work.path, 'mirror/public/current/_mirror/bom.cdx.json'), 'utf8');
    expect(compileSbomValidator()(text)).toEqual([]);
    const zips = manifest().files.filter(({ path }) => path.endsWith('.zip'));
    expect((JSON.parse(text) as { components: unknown[] }).components).toHaveLength(zips.length);
  });

  it('cost a second run only what is missing, and none once that is accepted', () => {
    const second = sync(work.path, '--quiet');
    expect(second.report.requests).toBe(first.report.problems.length);
    expect(second.report.snapshot?.id).toBe(first.report.snapshot?.id);
    expect(second.exit).toBe(first.exit);
    const accept = first.report.problems.map(({ module, version }) => ({
      module,
      version,
      reason: 'withheld upstream',
    }));
    writeConfig(work.path, { ...config, accept });
    const third = sync(work.path, '--quiet');
    expect(third.report).toMatchObject({ requests: 0, bytes: 0, problems: [], outcome: 'unchanged' });
    expect(third.exit).toBe(0);
  });

  describe.skipIf(noNginx)('inside the gap, with an empty module cache and nothing but loopback', () => {
    const script = (project: RealProject) =>
      [
        `cd ${folderOf(project)}`,
        `go mod download -json > ${folderOf(project)}.json`,
        'go list -deps -test ./... > /dev/null',
        ...(BUILT.has(project.module) ? [`go build ${project.buildPackage}`] : []),
        `echo done ${project.module}`,
      ].join('\n');

    it('are downloaded, listed and built by an unmodified go command, with the hashes of the ledger', () => {
      const listed = projects.filter((project) => project.builds);
      const commands = join(work.path, 'inside.sh');
      writeFileSync(commands, `set -euo pipefail\n${listed.map(script).join('\n')}\n`);
      const gap = run(
        'bash',
        [join(REPO, 'test/real/gap.sh'), join(work.path, 'mirror/public'), 'bash', commands],
        work.path,
      );
      expect(gap.exit, gap.stderr).toBe(0);
      expect(gap.stdout).toBe(listed.map(({ module }) => `done ${module}\n`).join(''));
      const h1 = new Map(manifest().files.map((file) => [file.path, file.h1]));
      for (const project of listed) {
        const downloaded = parseJsonStream(readFileSync(`${folderOf(project)}.json`, 'utf8'));
        expect(downloaded.length).toBeGreaterThan(0);
        for (const { Path, Version, Sum, GoModSum } of downloaded) {
          const mv = parseModuleVersion(Path, Version);
          expect([Path, Version, Sum, GoModSum]).toEqual([
            Path,
            Version,
            h1.get(moduleFilePath(mv, 'zip')),
            h1.get(moduleFilePath(mv, 'mod')),
          ]);
        }
      }
    });
  });
});

interface Downloaded {
  readonly Path: string;
  readonly Version: string;
  readonly Sum: string;
  readonly GoModSum: string;
}

/** `go mod download -json` prints one object after the other. */
function parseJsonStream(text: string): Downloaded[] {
  return JSON.parse(`[${text.trim().replaceAll(/\n\}\n\{/g, '\n},\n{')}]`) as Downloaded[];
}
