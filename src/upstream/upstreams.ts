/**
 * The GOPROXY servers that the mirror reads: a method an endpoint. What they bring is complete and of the right shape,
 * but not verified: no hash is known here. Errors are UpstreamError with the module, SiteError where the disk fails,
 * and the reason of an aborted signal as it is. Sources: `go help goproxy`, https://go.dev/ref/mod#goproxy-protocol.
 */
import { UpstreamError } from '../errors.ts';
import { type ModuleFile, moduleFilePath, versionFolder } from '../gomod/artifact.ts';
import { escapePath } from '../gomod/escape.ts';
import { type ModuleInfo, parseInfo } from '../gomod/info.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { Version } from '../gomod/version.ts';
import { MemorySink } from './body.ts';
import { DownloadFile } from './download-file.ts';
import { HttpFailure } from './failure.ts';
import { parseLatest, parseVersionList } from './listing.ts';
import { type LogAddress, LogServer } from './log-server.ts';
import type { UpstreamEntry } from './proxy-list.ts';
import {
  type AskOptions,
  type From,
  type Question,
  UpstreamSet,
  type UpstreamsOptions,
} from './upstream-set.ts';

/** Bytes. A .mod is at most 16 MiB by Go's rule; an .info and a list are given the same. */
export const MAX_TEXT_BYTES = 16 << 20;
/** Bytes. A zip is at most 500 MiB by Go's rule. */
export const MAX_ZIP_BYTES = 500 << 20;

export type { AskOptions, From, UpstreamExchange, UpstreamRetry, UpstreamsOptions } from './upstream-set.ts';

export class Upstreams {
  readonly #set: UpstreamSet;

  /** Opens nothing before the first request. */
  constructor(entries: readonly UpstreamEntry[], options: UpstreamsOptions) {
    this.#set = new UpstreamSet(entries, options);
  }

  /** HTTP requests sent so far, retries and redirects included, and the bytes of the bodies they brought. */
  get stats(): { readonly requests: number; readonly bytes: number } {
    const { requests, bytes } = this.#set.traffic;
    return { requests, bytes };
  }

  /** `<path>/@v/<version>.info`, its shape and version checked: BAD_INFO where they are wrong. */
  async info(mv: ModuleVersion, options: AskOptions = {}): Promise<From<{ info: ModuleInfo }>> {
    return this.#set.read(fileQuestion(mv, 'info', MAX_TEXT_BYTES), options, (body) => {
      const result = parseInfo(body.toString('utf8'), mv);
      if (!result.ok) throw new HttpFailure('BAD_INFO', result.reason);
      return { info: result.info };
    });
  }

  /** `<path>/@v/<version>.mod`, at most 16 MiB. */
  async mod(mv: ModuleVersion, options: AskOptions = {}): Promise<From<{ body: Buffer }>> {
    return this.#set.read(fileQuestion(mv, 'mod', MAX_TEXT_BYTES), options, (body) => ({ body }));
  }

  /**
   * `<path>/@v/<version>.zip`, at most 500 MiB, into `file`, which must not exist. On success it is complete and
   * closed, though not synced; on failure it is not there. `size` is in bytes. A cut download of some size goes on from
   * where it was cut, if the upstream vouches for the rest; whether the whole is right is for the caller to hash.
   */
  async zip(mv: ModuleVersion, file: string, options: AskOptions = {}): Promise<From<{ size: number }>> {
    // What was wrong may have been put together from two files: the next one is of one piece.
    const resumable = options.avoid === undefined;
    const question = { ...fileQuestion(mv, 'zip', MAX_ZIP_BYTES), resumable };
    return DownloadFile.with(file, `${question.subject}: zip`, (download) =>
      this.#set.ask(question, options, async (fetch) => ({
        size: await fetch((from) => download.sink(from)),
      })),
    );
  }

  /** The size of `<path>/@v/<version>.zip` in bytes, as announced; undefined where nobody tells. */
  async zipSize(mv: ModuleVersion, options: AskOptions = {}): Promise<number | undefined> {
    const question: Question = { ...fileQuestion(mv, 'zip', MAX_ZIP_BYTES), method: 'HEAD' };
    try {
      const { size } = await this.#set.ask(question, options, async (fetch) => ({
        size: await fetch(() => new MemorySink()),
      }));
      return size;
    } catch (error) {
      // Why a zip cannot be had is for the sync to say; an estimate goes on without it.
      if (error instanceof UpstreamError) return undefined;
      throw error;
    }
  }

  /** `<path>/@v/list`: the canonical versions among its lines, in its order, without pseudo-versions. */
  async list(path: ModulePath, options: AskOptions = {}): Promise<From<{ versions: Version[] }>> {
    const question = pathQuestion(path, 'list', `${versionFolder(path)}/list`);
    return this.#set.read(question, options, (body) => ({
      versions: parseVersionList(body.toString('utf8'), path),
    }));
  }

  /** `<path>/@latest`, of the shape of an `.info` and of whatever version: BAD_INFO where it is wrong. */
  async latest(path: ModulePath, options: AskOptions = {}): Promise<From<{ info: ModuleInfo }>> {
    const question = pathQuestion(path, 'latest', `${escapePath(path)}/@latest`);
    return this.#set.read(question, options, (body) => ({ info: parseLatest(body.toString('utf8'), path) }));
  }

  /**
   * Any `path` below the base, escaped. Given `module`, who may be asked follows from it as for the files of that
   * module; else only upstreams that are for every module are asked.
   */
  async get(
    path: string,
    options: AskOptions & { readonly maxBytes?: number; readonly module?: ModulePath } = {},
  ): Promise<From<{ body: Buffer }>> {
    const { maxBytes = MAX_TEXT_BYTES, module: modulePath } = options;
    const question = { subject: path, file: 'file', path, modulePath, maxBytes };
    return this.#set.read(question, options, (body) => ({ body }));
  }

  /** The checksum database, by way of these upstreams or beside them; nothing is asked yet. */
  log(address: LogAddress): LogServer {
    return new LogServer(this.#set, address);
  }

  /** Ends all connections; calls under way, if any, fail with InterruptedError. May be called again. */
  async close(): Promise<void> {
    await this.#set.close();
  }
}

function fileQuestion(mv: ModuleVersion, file: ModuleFile, maxBytes: number): Question {
  const subject = formatModuleVersion(mv);
  return { subject, file, path: moduleFilePath(mv, file), modulePath: mv.path, maxBytes };
}

function pathQuestion(path: ModulePath, file: string, urlPath: string): Question {
  return { subject: path, file, path: urlPath, modulePath: path, maxBytes: MAX_TEXT_BYTES };
}
