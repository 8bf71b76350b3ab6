/**
 * Evidence of damage in the mirror itself: what lay where something else should lie is kept in quarantine, with a .json
 * beside it that says what was wrong, before anything takes its place. Durable on return. Nothing in there is served.
 */
import { createHash } from 'node:crypto';
import {
  cpSync,
  createReadStream,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { linkOrCopy, syncAll, syncFolder } from './durable.ts';
import type { Layout } from './layout.ts';
import { stamp } from './stamp.ts';

/** `path` is where it lay, below the mirror's folder. */
export interface DamageNote {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  readonly at: Date;
}

/** Keeps a second name of a bad file, which stays where it is; what is no file is moved. May be called again. */
export async function keepDamaged(
  layout: Layout,
  from: string,
  name: string,
  note: DamageNote,
): Promise<void> {
  const stats = lstatSync(from, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isFile()) return setAside(layout, from, name, note);
  const { to, sha256 } = await placeFor(layout, from, name, stats, note.at);
  if (!existsSync(to)) linkOrCopy(from, to);
  await writeNote(to, { ...note, sha256 });
}

/** Moves what should not lie there. May be called again. */
export async function setAside(layout: Layout, from: string, name: string, note: DamageNote): Promise<void> {
  const stats = lstatSync(from, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const { to, sha256 } = await placeFor(layout, from, name, stats, note.at);
  if (existsSync(to)) rmSync(from, { recursive: true });
  else move(from, to);
  await writeNote(to, { ...note, ...(sha256 === undefined ? {} : { sha256 }) });
  syncFolder(dirname(from));
}

/** The same bytes are kept once; a folder is named by the time. */
async function placeFor(
  layout: Layout,
  from: string,
  name: string,
  stats: Stats,
  at: Date,
): Promise<{ to: string; sha256: string | undefined }> {
  const sha256 = stats.isFile() ? await sha256OfFile(from) : undefined;
  const link = stats.isSymbolicLink()
    ? createHash('sha256').update(readlinkSync(from)).digest('hex')
    : undefined;
  const mark = (sha256 ?? link)?.slice(0, 16) ?? stamp(at);
  const to = join(layout.quarantine, `${name}.${mark}`);
  mkdirSync(dirname(to), { recursive: true });
  return { to, sha256 };
}

/** A shared log may lie on another file system. */
function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    cpSync(from, to, { recursive: true, verbatimSymlinks: true });
    rmSync(from, { recursive: true });
  }
}

async function writeNote(
  to: string,
  { at, ...note }: DamageNote & { sha256?: string | undefined },
): Promise<void> {
  const text = `${JSON.stringify({ ...note, at: at.toISOString() }, null, 2)}\n`;
  writeFileSync(`${to}.json`, text);
  const kept = lstatSync(to).isFile() ? [to] : [];
  await syncAll([...kept, `${to}.json`, dirname(to)]);
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
