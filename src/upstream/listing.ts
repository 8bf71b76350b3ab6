/**
 * What an upstream says of a module path rather than of one version: the answers of `@v/list` and `@latest`. No hash
 * covers them, so only what is well-formed is believed. Source: proxyRepo in cmd/go/internal/modfetch.
 */
import { ModuleError } from '../errors.ts';
import { type ModuleInfo, parseInfo } from '../gomod/info.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import { type ModuleVersion, withVersion } from '../gomod/module-version.ts';
import { isPseudoVersion, type Version } from '../gomod/version.ts';
import { HttpFailure } from './failure.ts';

/**
 * The first word of each line that is a canonical version of `path`; as in Go, all other lines and pseudo-versions
 * are passed over.
 */
export function parseVersionList(text: string, path: ModulePath): Version[] {
  return text.split('\n').flatMap((line): Version[] => {
    const word = line.trim().split(/\s+/)[0] ?? '';
    const mv = word.startsWith('v') && !isPseudoVersion(word) ? versionOf(path, word) : undefined;
    return mv === undefined ? [] : [mv.version];
  });
}

/** An `.info` of whatever version belongs to `path`; HttpFailure BAD_INFO for anything else. */
export function parseLatest(text: string, path: ModulePath): ModuleInfo {
  const version = claimedVersion(text);
  const mv = version === undefined ? undefined : versionOf(path, version);
  if (mv === undefined) throw new HttpFailure('BAD_INFO', 'no version of this module in it');
  const result = parseInfo(text, mv);
  if (!result.ok) throw new HttpFailure('BAD_INFO', result.reason);
  return result.info;
}

function claimedVersion(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const version =
      typeof value === 'object' && value !== null && 'Version' in value ? value.Version : undefined;
    return typeof version === 'string' ? version : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function versionOf(path: ModulePath, version: string): ModuleVersion | undefined {
  try {
    return withVersion(path, version);
  } catch (error) {
    if (error instanceof ModuleError) return undefined;
    throw error;
  }
}
