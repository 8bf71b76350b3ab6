/**
 * Which checksum database judges, by the configuration, else GOSUMDB, else Go's own: its name, its keys, where it is,
 * and who is never named to it. Source: `go help environment`, GOSUMDB; dbDial in cmd/go/internal/modfetch.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Config } from '../config/load.ts';
import { ConfigError } from '../errors.ts';
import { matchesPatterns } from '../gomod/pattern.ts';
import { fields } from '../gomod/text.ts';
import { TOOLCHAIN_MODULE } from '../gomod/toolchain.ts';
import { isLogName } from '../sumdb/client.ts';
import { SumDbError } from '../sumdb/errors.ts';
import { openTreeHead, type TreeHead } from '../sumdb/tree-head.ts';
import { GO_SUMDB_KEY, parseVerifierKey, type VerifierKey } from '../sumdb/verifier-key.ts';
import type { LogSettings } from '../sync/log-session.ts';
import type { LogAddress } from '../upstream/log-server.ts';
import { redactText } from '../upstream/redact.ts';
import type { Environment } from './context.ts';
import { privatePatterns } from './network.ts';

export interface FoundLog {
  readonly settings: LogSettings;
  readonly address: LogAddress;
}

const GO_SUMDB = 'sum.golang.org';
/** Go's own log by another road. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['sum.golang.google.cn', `${GO_SUMDB} https://sum.golang.google.cn`],
]);

/** Undefined where it is switched off. Throws ConfigError CONFIG_INVALID with the field. */
export function findSumDb(config: Config, env: Environment): FoundLog | undefined {
  const [written, field, onMissing] = writtenSumDb(config, env);
  if (written === 'off') return undefined;
  const [keyText = '', urlText, ...more] = fields(ALIASES.get(written) ?? written);
  if (more.length > 0) throw invalid(field, 'more than a key and a URL');
  const key = readKey(keyText, field);
  const patterns = privatePatterns(config, env);
  return {
    settings: {
      name: key.name,
      keys: [key],
      onMissing,
      heads: readHeads(config, [key]),
      // The go command demands a toolchain's record whatever GONOSUMDB says.
      isPrivate: (path) => path !== TOOLCHAIN_MODULE && matchesPatterns(patterns, path),
    },
    address: { name: key.name, ...(urlText === undefined ? {} : { url: readUrl(urlText, field) }) },
  };
}

/** Beyond go.sum's lines only a log can judge. Throws ConfigError CONFIG_INVALID. */
export function checkGraph({ graph, zips, file }: Config, hasLog: boolean): void {
  const field = graph === 'selected' || graph === 'closure' ? 'graph' : zips === 'graph' ? 'zips' : undefined;
  if (hasLog || field === undefined) return;
  const value = field === 'graph' ? graph : zips;
  throw new ConfigError(
    'CONFIG_INVALID',
    `${file}: ${field}: '${value}' needs the checksum database, and sumdb is 'off'`,
    { hint: "what no go.sum line names has no other hash: leave sumdb to its default, or write 'listed'" },
  );
}

/** The keys that a published log is checked by: those of the configuration, else Go's own. */
export function keysOfLog(name: string, config: Config, env: Environment): LogSettings['keys'] | undefined {
  const found = findSumDb(config, env)?.settings;
  if (found?.name === name) return found.keys;
  return name === GO_SUMDB ? [parseVerifierKey(GO_SUMDB_KEY)] : undefined;
}

function writtenSumDb({ sumdb, file }: Config, env: Environment): [string, string, LogSettings['onMissing']] {
  if (typeof sumdb === 'string') return [sumdb.trim(), `${file}: sumdb`, 'hold'];
  if (sumdb?.name !== undefined) return [sumdb.name.trim(), `${file}: sumdb.name`, sumdb.onMissing];
  return env.GOSUMDB
    ? [env.GOSUMDB.trim(), 'GOSUMDB', sumdb?.onMissing ?? 'hold']
    : [GO_SUMDB, 'sumdb', sumdb?.onMissing ?? 'hold'];
}

function readKey(text: string, field: string): VerifierKey {
  if (text !== GO_SUMDB && !text.includes('+')) {
    throw invalid(
      field,
      `'${redactText(text)}': this log's key is not known`,
      `write it as <name>+<hash>+<key>, or 'off'`,
    );
  }
  try {
    const key = parseVerifierKey(text === GO_SUMDB ? GO_SUMDB_KEY : text);
    if (isLogName(key.name)) return key;
    throw invalid(field, `'${key.name}' is no host, nor a host and a path`);
  } catch (error) {
    if (!(error instanceof SumDbError)) throw error;
    throw invalid(field, redactText(error.message));
  }
}

/** Each is a file with a signed note, as `$GOPATH/pkg/sumdb/<name>/latest`, or the note itself. */
function readHeads({ sumdb, base, file }: Config, keys: readonly VerifierKey[]): TreeHead[] {
  const written = typeof sumdb === 'object' ? sumdb.heads : [];
  return written.map((text, index) => {
    const field = `${file}: sumdb.heads[${index}]`;
    const path = resolve(base, text);
    const isNote = text.includes('\n');
    if (!isNote && !existsSync(path)) throw invalid(field, `${path}: no such file`);
    try {
      return openTreeHead(isNote ? text : readFileSync(path), keys);
    } catch (error) {
      if (!(error instanceof SumDbError)) throw error;
      throw invalid(field, error.message);
    }
  });
}

function readUrl(text: string, field: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:')
    throw invalid(field, 'what follows the key is neither an https nor an http URL');
  if (!isEscaped(url.username) || !isEscaped(url.password))
    throw invalid(field, 'its user name or password has a broken % escape');
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}

function isEscaped(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function invalid(field: string, problem: string, hint?: string): ConfigError {
  return new ConfigError('CONFIG_INVALID', `${field}: ${problem}`, { hint });
}
