/**
 * What is fetched in the benchmark: the go.sum files of real projects and a mirror of all that they name, made by a
 * real sync from the upstream that this machine is set up for, the checksum database included. Kept in the work folder, one for each list of projects.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODULE_FILES, moduleFilePath } from '../../src/gomod/artifact.ts';
import { escapePath } from '../../src/gomod/escape.ts';
import { formatModuleVersion, parseModuleVersion } from '../../src/gomod/module-version.ts';
import type { Manifest } from '../../src/site/manifest.ts';
import type { SyncReport } from '../../src/sync/report.ts';
import { go, modferry } from './programs.ts';

interface Project {
  readonly module: string;
  readonly version: string;
}

interface Accepted {
  readonly module: string;
  readonly version: string;
  readonly reason: string;
}

export interface Source {
  /** A folder for each project, with its go.sum alone: so the log changes nothing of what is wanted. */
  readonly seeds: string;
  /** The mirror's GOPROXY root. */
  readonly root: string;
  /** What the upstream would not give. */
  readonly accept: readonly Accepted[];
  /** Every `.info`, `.mod` and `.zip`, relative to the root. */
  readonly paths: readonly string[];
  /** `path@version` of every version that is held whole. */
  readonly whole: readonly string[];
  /** Of all files. */
  readonly bytes: number;
}

/** `list` is a JSON file of projects. Runs for minutes the first time; `say` hears of it. */
export function prepareSource(list: string, work: string, say: (line: string) => void): Source {
  const text = readFileSync(list, 'utf8');
  const folder = join(work, `source-${hash('sha256', `with the log ${text}`).slice(0, 12)}`);
  // Written last: a folder without it is what an interrupted preparation left.
  const marker = join(folder, 'accept.json');
  if (!existsSync(marker)) {
    rmSync(folder, { recursive: true, force: true });
    const projects: readonly Project[] = JSON.parse(text);
    say(`fetching ${projects.length} real projects and what their go.sum files name; this is not timed`);
    fetchSeeds(projects, folder);
    writeFileSync(marker, JSON.stringify(syncOnce(folder)));
  }
  return readSource(folder, JSON.parse(readFileSync(marker, 'utf8')));
}

/** Each project's go.sum as its own module zip has it: what `go install` of it would use. */
function fetchSeeds(projects: readonly Project[], folder: string): void {
  const modCache = join(folder, 'modcache');
  for (const { module, version } of projects) {
    const { program, args, env, cwd } = go(
      ['mod', 'download', '-json', `${module}@${version}`],
      modCache,
      process.env,
    );
    const { Dir }: { Dir: string } = JSON.parse(execFileSync(program, args, { env, cwd, encoding: 'utf8' }));
    const to = join(
      folder,
      'seeds',
      escapePath(parseModuleVersion(module, version).path).replaceAll('/', '_'),
    );
    mkdirSync(to, { recursive: true });
    cpSync(join(Dir, 'go.sum'), join(to, 'go.sum'));
  }
  rmSync(modCache, { recursive: true, force: true });
}

/** Answers with what the upstream would not give, so that the timed runs have nothing missing. */
function syncOnce(folder: string): Accepted[] {
  const config = join(folder, 'mirror.config.json');
  writeFileSync(config, JSON.stringify({ mirror: 'mirror', seeds: ['seeds'], graph: 'listed' }));
  const { program, args, env, cwd } = modferry(['sync', '--json', '--config', config], process.env);
  // An incomplete sync ends with another status than 0, and its report is on stdout all the same.
  const { stdout, stderr } = spawnSync(program, args, { env, cwd, encoding: 'utf8', maxBuffer: 1 << 30 });
  if (!stdout) throw new Error(`the sync that was to fetch the files printed no report: ${stderr}`);
  const { snapshot, problems, error }: SyncReport = JSON.parse(stdout);
  if (snapshot === null) throw new Error(`nothing was published: ${error?.message ?? problems[0]?.message}`);
  const gaps = problems.flatMap(({ module, version, code }) =>
    module === null || version === null ? [] : [{ module, version, reason: code }],
  );
  return [...new Map(gaps.map((gap) => [`${gap.module}@${gap.version}`, gap])).values()];
}

function readSource(folder: string, accept: readonly Accepted[]): Source {
  const root = join(folder, 'mirror/public/current');
  const manifest: Manifest = JSON.parse(readFileSync(join(root, '_mirror/snapshot.json'), 'utf8'));
  const files = manifest.files.filter(({ path }) => /\/@v\/[^/]+\.(info|mod|zip)$/.test(path));
  const paths = files.map(({ path }) => path);
  const held = new Set(paths);
  const whole = manifest.modules
    .map(({ module, version }) => parseModuleVersion(module, version))
    .filter((mv) => MODULE_FILES.every((file) => held.has(moduleFilePath(mv, file))));
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return { seeds: join(folder, 'seeds'), root, accept, paths, whole: whole.map(formatModuleVersion), bytes };
}
