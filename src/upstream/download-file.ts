/**
 * The file that a download goes into: new, filled by each try from its start or from where the one before was cut,
 * complete and closed in the end, or gone. A disk that fails is a SiteError, never the upstream's fault, and is not
 * tried again.
 */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { reached } from '../barrier.ts';
import { asDiskError, SiteError } from '../errors.ts';
import type { BodySink } from './body.ts';
import { FileSink } from './file-sink.ts';

export class DownloadFile {
  readonly #handle: FileHandle;
  #sink: FileSink | undefined;
  #isUsed = false;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /**
   * Creates `path`, runs `use`, and closes the file; removes it again if `use` fails. `identity` begins the message
   * of a SiteError (DISK_FULL or IO).
   */
  static async with<T>(path: string, identity: string, use: (file: DownloadFile) => Promise<T>): Promise<T> {
    const handle = await open(path, 'wx').catch((error: unknown) => {
      throw diskError(identity, error);
    });
    try {
      reached('download opened');
      const download = new DownloadFile(handle);
      const result = await use(download);
      await download.#trim();
      await handle.close();
      reached('download complete');
      return result;
    } catch (error) {
      // Closing twice is harmless.
      await handle.close();
      await rm(path, { force: true });
      throw diskError(identity, error);
    }
  }

  /**
   * The place for a body: what lies before the byte `from` stays. The sink before it must be finished or discarded: its
   * last write could still land.
   */
  sink(from: number): BodySink {
    this.#isUsed = this.#sink !== undefined;
    this.#sink = new FileSink(this.#handle.fd, from);
    return this.#sink;
  }

  /** An earlier try may have brought more than the last. */
  async #trim(): Promise<void> {
    if (this.#isUsed) await this.#handle.truncate(this.#sink?.position);
  }
}

/** Only the disk's errors carry the number of a system's error here: the network's are HttpFailures already. */
function diskError(identity: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('errno' in error) || !('code' in error)) return error;
  const { code = 'IO', hint } = asDiskError(error) ?? {};
  return new SiteError(code, `${identity}: cannot be written: ${error.message}`, { cause: error, hint });
}
