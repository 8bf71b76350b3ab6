/**
 * The file that a download goes into: new, filled from its start by each try, complete and closed in the end, or gone.
 * A disk that fails is a SiteError, never the upstream's fault, and is not tried again.
 */
import { type FileHandle, open, rm } from 'node:fs/promises';
import { asDiskError, SiteError } from '../errors.ts';
import type { BodySink } from './body.ts';
import { FileSink } from './file-sink.ts';

export class DownloadFile {
  readonly #handle: FileHandle;
  #used = false;

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
      const result = await use(new DownloadFile(handle));
      await handle.close();
      return result;
    } catch (error) {
      // Closing twice is harmless.
      await handle.close();
      await rm(path, { force: true });
      throw diskError(identity, error);
    }
  }

  /** An empty place for a body. The one before it must be finished or discarded: its last write could still land. */
  async sink(): Promise<BodySink> {
    if (this.#used) await this.#handle.truncate(0);
    this.#used = true;
    return new FileSink(this.#handle.fd);
  }
}

/** Only the disk's errors carry the number of a system's error here: the network's are HttpFailures already. */
function diskError(identity: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('errno' in error) || !('code' in error)) return error;
  const { code = 'IO', hint } = asDiskError(error) ?? {};
  return new SiteError(code, `${identity}: cannot be written: ${error.message}`, { cause: error, hint });
}
