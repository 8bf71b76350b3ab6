/**
 * Evidence of what failed verification: the body as it came, and a .json beside it that says what was expected, who
 * sent it and when. Nothing in here is ever served. The same bytes for the same file are kept once.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Content, type ModuleFile, moduleFilePath } from '../gomod/artifact.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import type { Layout } from './layout.ts';
import { sha256OfFile } from './set-aside.ts';

export interface Evidence {
  readonly mv: ModuleVersion;
  readonly file: ModuleFile;
  readonly code: string;
  readonly message: string;
  readonly upstream: string;
  readonly at: Date;
}

/** Moves the body out of staging into quarantine; answers with its path. */
export async function keepEvidence(layout: Layout, evidence: Evidence, content: Content): Promise<string> {
  const { mv, file, at, ...about } = evidence;
  const sha256 = await sha256Of(content);
  const path = join(layout.quarantine, `${moduleFilePath(mv, file)}.${sha256.slice(0, 16)}`);
  mkdirSync(dirname(path), { recursive: true });
  if (content.in === 'memory') writeFileSync(path, content.bytes);
  if (content.in === 'staging') {
    if (existsSync(path)) rmSync(content.path);
    else renameSync(content.path, path);
  }
  const note = { module: formatModuleVersion(mv), file, ...about, sha256, at: at.toISOString() };
  writeFileSync(`${path}.json`, `${JSON.stringify(note, null, 2)}\n`);
  return path;
}

async function sha256Of(content: Content): Promise<string> {
  if (content.in === 'pool') throw new Error('a file in the pool is not evidence');
  if (content.in === 'staging') return sha256OfFile(content.path);
  return createHash('sha256').update(content.bytes).digest('hex');
}
