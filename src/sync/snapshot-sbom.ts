/** Hands a snapshot's facts to the SBOM writer: the last step of the way that data goes. */
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import type { SbomSettings } from '../config/schema.ts';
import { parseInfo } from '../gomod/info.ts';
import { formatModuleVersion } from '../gomod/module-version.ts';
import type { SbomComponent } from '../sbom/component.ts';
import { writeSbom } from '../sbom/document.ts';
import type { SbomGap } from '../sbom/metadata.ts';
import type { Pool } from '../site/pool.ts';
import { TOOL_NAME } from '../version.ts';
import type { Contents, SnapshotVersion } from './contents.ts';

/** What is to be described, and the file to write it into. */
export interface SbomDraft {
  readonly file: string;
  readonly snapshotId: string;
  /** RFC 3339 in UTC. */
  readonly createdAt: string;
  readonly manifestSha256: string;
  readonly contents: Contents;
  readonly gaps: readonly SbomGap[];
}

export interface SbomSource {
  readonly pool: Pool;
  readonly settings: SbomSettings;
  readonly toolVersion: string;
}

export function writeSnapshotSbom(draft: SbomDraft, { pool, settings, toolVersion }: SbomSource): void {
  const { file, snapshotId, createdAt, manifestSha256, contents, gaps } = draft;
  const { supplier, authors, baseUrl } = settings;
  const subject = {
    snapshotId,
    createdAt,
    manifestSha256,
    tool: { name: TOOL_NAME, version: toolVersion },
    gaps,
    ...(supplier ? { supplier: present(supplier) } : {}),
    ...(authors ? { authors: authors.map(present) } : {}),
    ...(baseUrl ? { baseUrl } : {}),
  };
  const fd = openSync(file, 'w');
  try {
    writeSbom(subject, components(contents, pool), (chunk) => writeFileSync(fd, chunk));
  } finally {
    closeSync(fd);
  }
}

/** Only versions whose zip crosses the gap are components: of the others there is no code to speak of. */
function* components(contents: Contents, pool: Pool): Generator<SbomComponent> {
  for (const version of contents) {
    const zip = version.files.get('zip');
    if (!zip) continue;
    const { sha256, sha512, size, h1 } = zip;
    if (sha512 === null || h1 === null)
      throw new Error(`${formatModuleVersion(version.mv)}: a zip without its hashes`);
    yield {
      ...version.mv,
      sha256,
      sha512,
      size,
      h1,
      requiredBy: version.requiredBy,
      ...infoOf(version, pool),
    };
  }
}

function infoOf({ mv, files }: SnapshotVersion, pool: Pool): Pick<SbomComponent, 'time' | 'origin'> {
  if (!files.has('info')) return {};
  const parsed = parseInfo(readFileSync(pool.pathOf(mv, 'info'), 'utf8'), mv);
  return parsed.ok ? { time: parsed.info.time, origin: parsed.info.origin } : {};
}

/** Drops fields that the configuration left out. */
function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
