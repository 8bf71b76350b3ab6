/**
 * Readers that never rest: each opens files through `current` as a file server does, and judges every answer by itself.
 * An answer is wrong when the file is not what some published snapshot says it is, or when what must always be there is
 * not.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';

export interface Readings {
  answers: number;
  readonly wrong: string[];
}

/** Reads until the signal; `truth` gives the right bytes of a file below `current`, undefined where any may differ. */
export async function readWithoutRest(
  current: string,
  paths: () => readonly string[],
  truth: (path: string) => Buffer | undefined,
  readings: Readings,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    for (const path of paths()) {
      if (stop.aborted) return;
      readings.answers++;
      const wrong = judge(current, path, truth(path));
      if (wrong !== undefined) readings.wrong.push(`${path}: ${wrong}`);
      await breathe();
    }
  }
}

function judge(current: string, path: string, right: Buffer | undefined): string | undefined {
  let body: Buffer;
  try {
    body = readFileSync(join(current, path));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  if (right !== undefined) return body.equals(right) ? undefined : `other bytes: ${sha256(body)}`;
  // A manifest is one snapshot's own: whole JSON that names a file for each of its modules.
  return isManifest(body) ? undefined : `no whole manifest: ${sha256(body)}`;
}

function isManifest(body: Buffer): boolean {
  try {
    const { id, files, modules } = JSON.parse(body.toString()) as {
      id?: string;
      files: unknown[];
      modules: unknown[];
    };
    return typeof id === 'string' && files.length >= modules.length;
  } catch {
    return false;
  }
}

function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 12);
}
