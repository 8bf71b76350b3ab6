/**
 * Puts a good file in the place of a bad one. What lay there is evidence and kept first; the good bytes are complete
 * and durable before they get the name, so that readers see the bad file or the good one, and a crash changes nothing
 * that the next repair would not do again.
 */
import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { linkOrCopy, syncAll, syncFolder } from '../site/durable.ts';
import type { Layout } from '../site/layout.ts';
import type { Pool } from '../site/pool.ts';
import { keepDamaged, setAside } from '../site/set-aside.ts';
import type { Damage, Journal } from './journal.ts';

export interface ReplaceDeps {
  readonly layout: Layout;
  readonly pool: Pick<Pool, 'stagingPath'>;
  readonly journal: Journal;
  readonly now: () => Date;
}

/** Where the good bytes are: in a file that may be linked to, in one that only its bytes are taken of, or in memory. */
export type Good =
  | { readonly link: string }
  | { readonly copy: string }
  | { readonly bytes: string | Uint8Array };

/** `name` is that of the evidence. Durable on return. */
export async function replaceDamaged(
  damage: Damage,
  name: string,
  good: Good,
  done: string,
  deps: ReplaceDeps,
): Promise<void> {
  const { layout, pool, journal, now } = deps;
  const to = join(layout.mirror, damage.path);
  await keepDamaged(layout, to, name, { ...damage, at: now() });
  mkdirSync(dirname(to), { recursive: true });
  const staged = pool.stagingPath();
  await stage(good, staged);
  renameSync(staged, to);
  // Two names of one file: renaming has done nothing then.
  rmSync(staged, { force: true });
  for (let above = dirname(to); above !== layout.mirror; above = dirname(above)) syncFolder(above);
  journal.mended(damage, done);
}

async function stage(good: Good, staged: string): Promise<void> {
  if ('link' in good) linkOrCopy(good.link, staged);
  else if ('copy' in good) copyFileSync(good.copy, staged);
  else writeFileSync(staged, good.bytes, { flag: 'wx' });
  await syncAll([staged]);
}

/** Moves what nobody lists out of the way. */
export async function removeUnlisted(damage: Damage, deps: Omit<ReplaceDeps, 'pool'>): Promise<void> {
  const { layout, journal, now } = deps;
  const name = damage.path.replace(/^public\//, '').replaceAll('../', '');
  await setAside(layout, join(layout.mirror, damage.path), name, { ...damage, at: now() });
  journal.mended(damage, `moved to quarantine/${name}`);
}

/** A path as reports name it. */
export function belowMirror(layout: Layout, path: string): string {
  return relative(layout.mirror, path).split(sep).join('/');
}
