/**
 * The connections: one undici agent for each set of trusted certificates, in it one pool an origin, through the HTTP
 * proxies that the environment names. Nothing is opened, and no certificate read, before the first request.
 */
import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { ConfigError } from '../errors.ts';
import { sharedLookup } from './lookup.ts';

/** The variables that matter here: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, in either case. */
export type ProxyEnvironment = Readonly<Record<string, string | undefined>>;

export interface DispatcherOptions {
  /** Most connections to one origin. */
  readonly connections: number;
  /** Milliseconds. */
  readonly connectTimeout: number;
  readonly env: ProxyEnvironment;
}

/**
 * HTTP/2 where it is offered. undici's windows would hold one connection to 5 MB/s at a round trip of 100 ms; with
 * these it is 80. A few connections rather than one: what breaks one breaks only the requests on it.
 */
const HTTP2 = {
  maxConcurrentStreams: 16,
  connectionWindowSize: 8 << 20,
  settings: { initialWindowSize: 1 << 20 },
};

export class Dispatchers {
  readonly #options: DispatcherOptions;
  readonly #lookup: LookupFunction = sharedLookup(lookup);
  readonly #agents = new Map<string | undefined, Dispatcher>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** The agent that also trusts `ca` (PEM text), the same one for the same text. */
  for(ca: string | undefined): Dispatcher {
    const existing = this.#agents.get(ca);
    if (existing !== undefined) return existing;
    const agent = this.#create(ca);
    this.#agents.set(ca, agent);
    return agent;
  }

  /** Closes every connection at once; what is in flight fails. */
  async close(): Promise<void> {
    const agents = [...this.#agents.values()];
    this.#agents.clear();
    await Promise.all(agents.map((agent) => agent.destroy()));
  }

  #create(ca: string | undefined): Dispatcher {
    const { connections, connectTimeout, env } = this.#options;
    const shared = { connections, connectTimeout, allowH2: true, h2Options: HTTP2 };
    const common = { allowH2: true, preferH2: true, timeout: connectTimeout, lookup: this.#lookup };
    const httpProxy = proxyOf(env, 'HTTP_PROXY');
    const httpsProxy = proxyOf(env, 'HTTPS_PROXY');
    if (httpProxy === '' && httpsProxy === '')
      return new Agent({ ...shared, connect: connector(common, ca) });
    // Given as options, even if empty, so that undici does not read this process's own environment.
    const noProxy = env.no_proxy || env.NO_PROXY || '';
    const tls = { ...common, secureContext: trust(ca) };
    const proxies = { httpProxy, httpsProxy, noProxy };
    return new EnvHttpProxyAgent({ ...shared, ...proxies, connect: tls, requestTls: tls, proxyTls: tls });
  }
}

/**
 * The URL of a proxy, empty where there is none. As the go command and curl do, a host without a scheme is taken for
 * http. Throws ConfigError with the variable and without its value, which may hold a password.
 */
function proxyOf(env: ProxyEnvironment, name: 'HTTP_PROXY' | 'HTTPS_PROXY'): string {
  const written = env[name.toLowerCase()] || env[name] || '';
  if (written === '') return '';
  const url = URL.parse(written.includes('://') ? written : `http://${written}`);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href;
  throw new ConfigError('CONFIG_INVALID', `${name}: not the URL of an http or https proxy`, {
    hint: 'write it as http://host:port',
  });
}

/** Connects, and reads certificates at the first https connection only: that takes 70 ms. */
function connector(options: buildConnector.BuildOptions, ca: string | undefined): buildConnector.connector {
  const plain = buildConnector(options);
  let secure: buildConnector.connector | undefined;
  return (target, callback) => {
    if (target.protocol !== 'https:') return plain(target, callback);
    secure ??= buildConnector({ ...options, secureContext: trust(ca) });
    return secure(target, callback);
  };
}

/**
 * Node's own certificates, the system's (which honours SSL_CERT_FILE) and `ca`, in one context for all connections:
 * given as a list, they would be parsed again for each.
 */
function trust(ca: string | undefined): SecureContext {
  const trusted = new Set([...getCACertificates('default'), ...getCACertificates('system')]);
  if (ca !== undefined) trusted.add(ca);
  return createSecureContext({ ca: [...trusted] });
}
