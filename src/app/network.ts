/** Builds what speaks to the network: the upstreams, and the reader of URL seeds. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Config } from '../config/load.ts';
import type { UpstreamSpec } from '../config/schema.ts';
import { ConfigError, ModuleError } from '../errors.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import type { ModuleVersion } from '../gomod/module-version.ts';
import { type Pattern, parsePatterns } from '../gomod/pattern.ts';
import { readSeeds, type Seeds } from '../sync/seeds.ts';
import type { LogAddress, LogServer } from '../upstream/log-server.ts';
import { parseUpstreams, type UpstreamEntry } from '../upstream/proxy-list.ts';
import { redactUrl } from '../upstream/redact.ts';
import type { Timeouts } from '../upstream/timeouts.ts';
import type { AskOptions, Upstreams, UpstreamsOptions } from '../upstream/upstreams.ts';
import { TOOL_NAME, toolVersion } from '../version.ts';
import { type AppContext, type Environment, layoutOfConfig } from './context.ts';

/** Where the mirror fetches from when nobody says. */
const DEFAULT_UPSTREAM = 'https://goproxy.cn';

/** Bytes. A go.sum of a million lines has half of it. */
const MAX_SEED_BYTES = 256 << 20;

/** Reads the seeds, those by URL from the network. */
export function fetchSeeds(
  { config, env, log }: AppContext,
  hasLog: boolean,
  signal: AbortSignal,
): Promise<Seeds> {
  const options = {
    userAgent: userAgent(),
    env,
    timeouts: timeoutsOf(config),
    retries: config.retries,
    netrc: readNetrc(env),
    maxBytes: MAX_SEED_BYTES,
    signal,
  };
  const reader = {
    redact: redactUrl,
    warn: (message: string) => log.warn(message),
    fetchText: async (url: string, headers: Record<string, string>) => {
      const { fetchText } = await import('../upstream/fetch-text.ts');
      return fetchText(new URL(url), { ...options, headers });
    },
  };
  return readSeeds(config, layoutOfConfig(config).seeds, reader, hasLog);
}

/** The upstreams by the configuration, else GOPROXY, else the go command's own, else the default. */
export function findUpstreams({ config, env, log }: AppContext): readonly UpstreamEntry[] {
  const [spec, field] = upstreamSpec(config, env);
  const { entries, dropped } = parseUpstreams(spec, field);
  if (dropped.length > 0)
    log.info(`${field}: a mirror fetches from proxies only: leaving out ${dropped.join(', ')}`);
  return entries;
}

function upstreamSpec(config: Config, env: Environment): [Parameters<typeof parseUpstreams>[0], string] {
  if (config.upstream !== undefined)
    return [withCertificates(config.upstream, config), `${config.file}: upstream`];
  if (env.GOPROXY) return [env.GOPROXY, 'GOPROXY'];
  const own = goEnv('GOPROXY', env);
  return own ? [own, 'go env GOPROXY'] : [DEFAULT_UPSTREAM, 'the default upstream'];
}

/** `ca` is written as a path; what is passed on is its text. */
function withCertificates(spec: UpstreamSpec, config: Config): Parameters<typeof parseUpstreams>[0] {
  if (typeof spec === 'string') return spec;
  return spec.map((entry, index) => {
    if (typeof entry === 'string' || entry.ca === undefined) return entry;
    const path = resolve(config.base, entry.ca);
    if (!existsSync(path)) {
      throw new ConfigError('CONFIG_INVALID', `${config.file}: upstream[${index}].ca: ${path}: no such file`);
    }
    return { ...entry, ca: readFileSync(path, 'utf8') };
  });
}

/** Empty where there is no go command: the mirror needs none. */
function goEnv(name: string, env: Environment): string {
  try {
    return execFileSync('go', ['env', name], {
      encoding: 'utf8',
      env: { ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}

/**
 * The upstreams, loaded and opened with the first question: most nights bring nothing new, and the HTTP client is a
 * quarter of what a run loads. Mistakes in the configuration are found when it is made.
 */
export class LazyUpstreams
  implements Pick<Upstreams, 'info' | 'mod' | 'zip' | 'zipSize' | 'list' | 'latest' | 'close'>
{
  readonly #entries: readonly UpstreamEntry[];
  readonly #options: UpstreamsOptions;
  #loading: Promise<Upstreams> | undefined;
  #loaded: Upstreams | undefined;

  constructor(context: AppContext, entries: readonly UpstreamEntry[]) {
    this.#entries = entries;
    this.#options = optionsOf(context);
  }

  get stats(): Upstreams['stats'] {
    return this.#loaded?.stats ?? { requests: 0, bytes: 0 };
  }

  async info(mv: ModuleVersion, options: AskOptions) {
    return (await this.#load()).info(mv, options);
  }

  async mod(mv: ModuleVersion, options: AskOptions) {
    return (await this.#load()).mod(mv, options);
  }

  async zip(mv: ModuleVersion, file: string, options: AskOptions) {
    return (await this.#load()).zip(mv, file, options);
  }

  async zipSize(mv: ModuleVersion, options: AskOptions) {
    return (await this.#load()).zipSize(mv, options);
  }

  async list(path: ModulePath, options: AskOptions) {
    return (await this.#load()).list(path, options);
  }

  async latest(path: ModulePath, options: AskOptions) {
    return (await this.#load()).latest(path, options);
  }

  /** The checksum database by way of these upstreams. */
  log(address: LogAddress): Pick<LogServer, 'lookup' | 'tile' | 'latest'> {
    let loading: Promise<LogServer> | undefined;
    const load = () => {
      loading ??= this.#load().then((upstreams) => upstreams.log(address));
      return loading;
    };
    return {
      lookup: async (path, mv, options) => (await load()).lookup(path, mv, options),
      tile: async (path, size, options) => (await load()).tile(path, size, options),
      latest: async (options) => (await load()).latest(options),
    };
  }

  async close(): Promise<void> {
    await (await this.#loading)?.close();
  }

  #load(): Promise<Upstreams> {
    this.#loading ??= import('../upstream/upstreams.ts').then(({ Upstreams }) => {
      this.#loaded = new Upstreams(this.#entries, this.#options);
      return this.#loaded;
    });
    return this.#loading;
  }
}

function optionsOf({ config, env, log, figures }: AppContext): UpstreamsOptions {
  return {
    userAgent: userAgent(),
    connections: config.connections,
    timeouts: timeoutsOf(config),
    retries: config.retries,
    privatePatterns: privatePatterns(config, env),
    netrc: readNetrc(env),
    env,
    onRetry: ({ subject, file, upstream, reason, delay, from }) => {
      const next = from === undefined ? 'trying again' : `going on at byte ${from}`;
      log.info(`${subject}: ${file} from ${upstream}: ${reason}: ${next} in ${(delay / 1000).toFixed(1)} s`);
      figures?.retry(upstream);
    },
    onExchange: figures && ((event) => figures.exchange(event)),
  };
}

/** Modules that no public server may hear of, the checksum database neither. */
export function privatePatterns(config: Config, env: Environment): readonly Pattern[] {
  const [written, field] =
    config.private !== undefined
      ? [config.private, `${config.file}: private`]
      : env.GONOSUMDB
        ? [env.GONOSUMDB, 'GONOSUMDB']
        : [env.GOPRIVATE ?? '', 'GOPRIVATE'];
  try {
    return parsePatterns(typeof written === 'string' ? written : written.join(','));
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    throw new ConfigError('CONFIG_INVALID', `${field}: ${error.message}`, { cause: error });
  }
}

/** What NETRC names, else ~/.netrc, as the go command does; empty where there is none. */
function readNetrc(env: Environment): string {
  const path = env.NETRC ?? join(env.HOME ?? homedir(), '.netrc');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function timeoutsOf({ timeouts }: Config): Partial<Timeouts> {
  return Object.fromEntries(Object.entries(timeouts).filter(([, value]) => value !== undefined));
}

function userAgent(): string {
  return `${TOOL_NAME}/${toolVersion()}`;
}
