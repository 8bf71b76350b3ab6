/**
 * Seeds by URL. The last good copy of each is kept in the mirror: when its server is down, the copy stands in and the
 * log says so. No URL is written anywhere as it is, since it may hold secrets.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SeedSpec } from '../config/schema.ts';
import { UpstreamError } from '../errors.ts';
import { replaceFile } from '../site/durable.ts';
import type { Problem } from './problem.ts';

/** Where the texts of URL seeds come from. */
export interface SeedReader {
  /** The text at a URL; without it (verbs that never use the network) only the copies are read. */
  readonly fetchText?: (url: string, headers: Record<string, string>) => Promise<string>;
  /** URL without credentials and query. */
  readonly redact: (url: string) => string;
  readonly warn: (message: string) => void;
}

export type UrlSeed = Extract<SeedSpec, { url: string }>;

/** A go.sum and the go.mod beside it, each with the name that messages give it. */
export interface SeedTexts {
  readonly source: string;
  readonly sum: string;
  readonly mod?: string | undefined;
  readonly modSource?: string;
}

/** A file in the folder of copies. */
export interface Copy {
  readonly name: string;
  readonly text: string;
}

export interface UrlTexts extends SeedTexts {
  /** Copies to keep once the mirror is locked; none where the texts came from them. */
  readonly fresh: readonly Copy[];
}

/** The texts, from the network or the last good copy; a problem where there is neither. */
export async function readUrlSeed(
  spec: UrlSeed,
  folder: string,
  reader: SeedReader,
): Promise<UrlTexts | Problem> {
  const { url, mod: modUrl, headers = {} } = spec;
  const name = copyName(url);
  const names = {
    source: reader.redact(url),
    ...(modUrl === undefined ? {} : { modSource: reader.redact(modUrl) }),
  };
  if (!reader.fetchText)
    return readCopy(folder, name, names) ?? unavailable(names.source, 'no sync has fetched it yet');
  try {
    const sum = await reader.fetchText(url, headers);
    const mod = modUrl === undefined ? undefined : await reader.fetchText(modUrl, headers);
    const fresh = [{ name, text: sum }, ...(mod === undefined ? [] : [{ name: `${name}.mod`, text: mod }])];
    return { ...names, sum, mod, fresh };
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    const kept = readCopy(folder, name, names);
    if (kept) reader.warn(`${names.source}: using the last good copy: ${error.message}`);
    return kept ?? unavailable(names.source, error.message);
  }
}

/** May run any number of times. */
export function saveCopies(folder: string, copies: readonly Copy[]): void {
  if (copies.length > 0) mkdirSync(folder, { recursive: true });
  for (const { name, text } of copies) replaceFile(join(folder, name), text);
}

function readCopy(
  folder: string,
  name: string,
  names: Pick<SeedTexts, 'source' | 'modSource'>,
): UrlTexts | undefined {
  const path = join(folder, name);
  if (!existsSync(path)) return undefined;
  const mod = existsSync(`${path}.mod`) ? readFileSync(`${path}.mod`, 'utf8') : undefined;
  return { ...names, sum: readFileSync(path, 'utf8'), mod, fresh: [] };
}

function unavailable(source: string, reason: string): Problem {
  const message = `${source}: seed unavailable, and there is no earlier copy: ${reason}`;
  return { module: null, version: null, file: null, code: 'SEED_UNAVAILABLE', message, sources: [source] };
}

/** Named by the hash of the URL. */
function copyName(url: string): string {
  return `${createHash('sha256').update(url).digest('hex').slice(0, 16)}.go.sum`;
}
