/**
 * A world with a checksum database: a log that really signs, passed on by the upstream below `sumdb/log.example/`, in
 * which every module version that the world adds has its true record.
 */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UserConfig } from '../../src/config/schema.ts';
import type { ModuleVersion } from '../../src/gomod/module-version.ts';
import { type Files, moduleFiles, World } from '../support/sync-fixture.ts';
import { TestLog } from '../support/test-log.ts';
import { startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { hashTree } from './tree.ts';

export const LOG = 'log.example';

export class LogWorld extends World {
  readonly log: TestLog;
  /** The history that the upstream passes on; a fork of the log in its place is a lie. */
  passedOn: TestLog;

  constructor(root: string, upstream: UpstreamServer) {
    super(root, upstream);
    this.log = new TestLog(LOG);
    this.passedOn = this.log;
    this.log.fill(300);
    upstream.mount(`sumdb/${LOG}/`, (path) => this.passedOn.answer(path));
    this.configure();
  }

  override configure(fields: Partial<UserConfig> = {}): void {
    // The base calls this before there is a log.
    super.configure({ sumdb: this.log?.key ?? 'off', ...fields });
  }

  /** Serves a module version, and records it in the log. */
  override add(path: string, version: string, files: Files = moduleFiles(path)): ModuleVersion {
    const mv = this.addUnlogged(path, version, files);
    this.log.add(path, version, this.h1(mv, 'zip'), this.h1(mv, 'mod'));
    return mv;
  }

  /** Serves a module version of which the log knows nothing. */
  addUnlogged(path: string, version: string, files: Files = moduleFiles(path)): ModuleVersion {
    return super.add(path, version, files);
  }

  /** Paths that the log was asked for, since the start or `upstream.forget`. */
  get asked(): string[] {
    const prefix = `sumdb/${LOG}/`;
    return this.upstream.paths
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
  }

  /** Published files of the log by path below its base, with what they hold. */
  logFiles(): Record<string, string> {
    return hashTree(join(this.mirror, 'public/sumdb', LOG));
  }

  /** A published file of the log as clients of the current snapshot get it; undefined where they get none. */
  served(path: string): string | undefined {
    const file = join(this.current, 'sumdb', LOG, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  /** Everything in go.sum form that was added. */
  sumAll(path = 'a/go.sum'): void {
    this.writeSum(path, this.upstream.goSumLines());
  }
}

export async function makeLogWorld(): Promise<LogWorld> {
  return new LogWorld(mkdtempSync(join(tmpdir(), 'modferry-test-')), await startUpstream());
}
