/**
 * A GOPROXY folder with a checksum database in it, as a mirror publishes them: made by a SumDbClient from a TestLog, of
 * nothing but what it has proved. And the go command, to see what that thinks of it.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { moduleFilePath, versionFolder } from '../../src/gomod/artifact.ts';
import { hashFileList, hashGoMod } from '../../src/gomod/h1.ts';
import {
  formatModuleVersion,
  type ModuleVersion,
  parseModuleVersion,
} from '../../src/gomod/module-version.ts';
import { SumDbClient } from '../../src/sumdb/client.ts';
import { tilesFor } from '../../src/sumdb/published-tiles.ts';
import { lookupPath, recomposeLookup } from '../../src/sumdb/record.ts';
import { tilePath } from '../../src/sumdb/tile.ts';
import type { TreeHead } from '../../src/sumdb/tree-head.ts';
import { parseVerifierKey } from '../../src/sumdb/verifier-key.ts';
import type { TestLog } from '../support/test-log.ts';
import { buildModuleZip } from '../support/zip-builder.ts';

/** Writes a module's files below `folder`, and its record into the log. */
export function addModule(folder: string, log: TestLog, path: string): ModuleVersion {
  const mv = parseModuleVersion(path, 'v1.0.0');
  const files = { 'go.mod': `module ${path}\n`, 'm.go': `package m // ${path}\n` };
  const hashed = Object.entries(files).map(([name, content]) => ({
    name: `${formatModuleVersion(mv)}/${name}`,
    sha256: createHash('sha256').update(content).digest('hex'),
  }));
  write(join(folder, versionFolder(mv.path), 'list'), `${mv.version}\n`);
  write(join(folder, moduleFilePath(mv, 'info')), JSON.stringify({ Version: mv.version }));
  write(join(folder, moduleFilePath(mv, 'mod')), files['go.mod']);
  write(join(folder, moduleFilePath(mv, 'zip')), buildModuleZip(mv, files));
  log.add(path, mv.version, hashFileList(hashed), hashGoMod(Buffer.from(files['go.mod'])));
  return mv;
}

export interface PublishedLog {
  readonly head: TreeHead;
  /** Record numbers, in the order of the modules. */
  readonly ids: readonly number[];
  /** What was written, below the log's base. */
  readonly paths: readonly string[];
}

/** Publishes the lookups of these modules and the tiles for them. */
export async function publishLog(
  folder: string,
  log: TestLog,
  mvs: readonly ModuleVersion[],
  earlier: readonly TreeHead[],
): Promise<PublishedLog> {
  const keys = [parseVerifierKey(log.key)] as const;
  const client = new SumDbClient({ keys, outside: log.outside(), knownHeads: earlier });
  const records = await Promise.all(mvs.map((mv) => client.lookup(mv)));
  const head = await client.newestHead();
  const base = join(folder, 'sumdb', log.name);
  const ids = records.map(({ id }) => id);
  const tiles = tilesFor(head, ids, earlier);
  for (const tile of tiles) write(join(base, tilePath(tile)), await client.verifiedTile(tile));
  mvs.forEach((mv, i) => {
    const record = records[i];
    if (record === undefined) throw new Error(`no record of ${mv.path}`);
    write(join(base, lookupPath(mv)), recomposeLookup(record.id, record.recordText, head.note));
  });
  write(join(base, 'supported'), '');
  return { head, ids, paths: [...tiles.map(tilePath), ...mvs.map(lookupPath)] };
}

export interface GoRun {
  /** h1 of each module that the go command took, by `path@version`. */
  readonly sums: Readonly<Record<string, string>>;
  /** What it said of the others. */
  readonly errors: string;
}

/** `go mod download` with nothing in its caches but, if given, the head it knows from before. */
export async function goModDownload(
  proxy: string,
  log: TestLog,
  mvs: readonly ModuleVersion[],
  latest?: string,
): Promise<GoRun> {
  const work = mkdtempSync(join(tmpdir(), 'modferry-go-'));
  try {
    const gopath = join(work, 'gopath');
    // Otherwise a process of the go command outlives it, and writes into the folder while it is removed.
    write(join(work, '.config/go/telemetry/mode'), 'off');
    if (latest !== undefined) write(join(gopath, 'pkg/sumdb', log.name, 'latest'), latest);
    const { stdout, stderr } = await promisify(execFile)(
      'go',
      ['mod', 'download', '-json', ...mvs.map(formatModuleVersion)],
      {
        cwd: work,
        env: { ...goEnvironment(work), GOPATH: gopath, GOPROXY: proxy, GOSUMDB: log.key },
        encoding: 'utf8',
      },
    ).catch((error: unknown) => printed(error));
    const modules =
      stdout === '' ? [] : (JSON.parse(`[${stdout.replaceAll('}\n{', '},{')}]`) as Downloaded[]);
    const taken = modules.filter((module) => module.Error === undefined);
    return {
      sums: Object.fromEntries(taken.map(({ Path, Version, Sum = '' }) => [`${Path}@${Version}`, Sum])),
      errors: modules.map((module) => module.Error ?? '').join('') + stderr,
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

interface Downloaded {
  readonly Path: string;
  readonly Version: string;
  readonly Sum?: string;
  readonly Error?: string;
}

function goEnvironment(work: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: work,
    GOENV: 'off',
    GOMODCACHE: join(work, 'modcache'),
    GOFLAGS: '-modcacherw',
    GOTOOLCHAIN: 'local',
    GOPRIVATE: '',
    GONOSUMDB: '',
  };
}

/** What a program printed that ended with a failure. */
function printed(error: unknown): { stdout: string; stderr: string } {
  if (error instanceof Error && 'stdout' in error && 'stderr' in error) {
    return { stdout: String(error.stdout), stderr: String(error.stderr) };
  }
  throw error;
}

function write(file: string, content: string | Buffer): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
