/**
 * The upstreams as one: a question goes to each in turn by Go's fallback rule, past those that may not hear of its
 * module. The answer is what the first of them gave; the error is the most telling of their failures.
 */
import { InterruptedError } from '../errors.ts';
import type { ModulePath } from '../gomod/module-path.ts';
import type { Pattern } from '../gomod/pattern.ts';
import { MemorySink } from './body.ts';
import { secretHeaders } from './credentials.ts';
import { Dispatchers, type ProxyEnvironment } from './dispatchers.ts';
import type { ExchangeEvent } from './exchange.ts';
import { HttpFailure, toUpstreamError } from './failure.ts';
import { type FailedUpstream, goesOn, mostTelling } from './fallback.ts';
import { withLinkedSignal } from './linked-signal.ts';
import { parseNetrc } from './netrc.ts';
import type { UpstreamEntry } from './proxy-list.ts';
import { DEFAULT_TRIES, type RetryEvent, type RetryOptions } from './retry.ts';
import { routeModule } from './routing.ts';
import { type Timeouts, withDefaults } from './timeouts.ts';
import { Traffic } from './traffic.ts';
import { type ClientGet, UpstreamClient } from './upstream-client.ts';

/** Enough for the width of a line at any distance, and no more than a server is glad of. */
export const DEFAULT_CONNECTIONS = 16;

export interface UpstreamsOptions {
  /** As `modferry/1.2.3`. */
  readonly userAgent: string;
  /** Most connections to one origin; default 16. Over HTTP/2 each carries up to 16 requests. */
  readonly connections?: number | undefined;
  /** Those not given have DEFAULT_TIMEOUTS' values. */
  readonly timeouts?: Partial<Timeouts> | undefined;
  /** Tries of one file at one upstream, the first included; default 5. */
  readonly retries?: number | undefined;
  /** Modules of which only an upstream whose `only` names them may hear. */
  readonly privatePatterns?: readonly Pattern[] | undefined;
  /** The text of a .netrc file. */
  readonly netrc?: string | undefined;
  /** For HTTP_PROXY, HTTPS_PROXY and NO_PROXY. Default: none of them. */
  readonly env?: ProxyEnvironment | undefined;
  /** Ends every call, besides the signal of the call itself. */
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: ((event: UpstreamRetry) => void) | undefined;
  /** Told of each HTTP request that was sent, redirects included, once it is over. */
  readonly onExchange?: ((event: UpstreamExchange) => void) | undefined;
  /** Chance and waiting, for tests. */
  readonly random?: RetryOptions['random'];
  readonly sleep?: RetryOptions['sleep'];
}

/** A file is about to be asked for again. */
export interface UpstreamRetry extends RetryEvent {
  /** `path@version`, a module path, or a path below the base. */
  readonly subject: string;
  readonly file: string;
  readonly upstream: string;
}

/** `upstream` is the redacted name of the entry that was asked, wherever a redirect led. */
export interface UpstreamExchange extends ExchangeEvent {
  readonly upstream: string;
}

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** Name of the upstream to ask last, because what it sent was wrong. Any failure then goes on to the next. */
  readonly avoid?: string | undefined;
}

export interface Question {
  /** `path@version`, a module path, or a path below the base: it begins the message of an error. */
  readonly subject: string;
  readonly file: string;
  /** Below the base, escaped. */
  readonly path: string;
  /** Default GET. */
  readonly method?: 'HEAD';
  /** Decides who may be asked. */
  readonly modulePath: ModulePath | undefined;
  readonly maxBytes: number;
  /** Any byte may be the first of its body; default: what begins with `<` is a page. */
  readonly binary?: boolean;
  /** See ClientGet. */
  readonly resumable?: boolean;
}

/** What was asked for, and the redacted URL of the upstream that gave it. */
export type From<T> = T & { readonly upstream: string };

/** Fetches a body into the sink, made as ClientGet says; resolves with its size in bytes. */
export type Fetch = (sink: ClientGet['sink']) => Promise<number>;

export class UpstreamSet {
  readonly #clients: readonly UpstreamClient[];
  readonly #dispatchers: Dispatchers;
  readonly #options: UpstreamsOptions;
  readonly #traffic = new Traffic();
  readonly #newClient: (entry: UpstreamEntry) => UpstreamClient;
  readonly #closing = new AbortController();

  constructor(entries: readonly UpstreamEntry[], options: UpstreamsOptions) {
    const { connections = DEFAULT_CONNECTIONS, env = {}, userAgent, random, sleep, onExchange } = options;
    const timeouts = withDefaults(options.timeouts);
    this.#options = options;
    this.#dispatchers = new Dispatchers({ connections, connectTimeout: timeouts.connect, env });
    const netrc = parseNetrc(options.netrc ?? '');
    const retry: RetryOptions = { tries: options.retries ?? DEFAULT_TRIES, random, sleep };
    this.#newClient = (entry) => {
      const { name: upstream, url, headers, auth, ca } = entry;
      // Asked for at each request, so that nothing is opened before the first.
      const context = () => ({
        dispatcher: this.#dispatchers.for(ca),
        timeouts,
        userAgent,
        traffic: this.#traffic,
        onExchange: onExchange && ((event: ExchangeEvent) => onExchange({ upstream, ...event })),
      });
      return new UpstreamClient(entry, secretHeaders(url, headers, auth, netrc), context, retry);
    };
    this.#clients = entries.map(this.#newClient);
  }

  /** Those that are for every module, in their order. */
  get general(): readonly UpstreamClient[] {
    return this.#clients.filter(({ entry }) => entry.only === undefined);
  }

  /** A server beside the list, on the same connections and counts: asked by `askAt` only. */
  beside(entry: UpstreamEntry): UpstreamClient {
    return this.#newClient(entry);
  }

  get traffic(): Readonly<Traffic> {
    return this.#traffic;
  }

  /**
   * Lets `take` make the result of what one upstream after the other gives. Throws UpstreamError, the reason of an
   * aborted signal, and what `take` throws but for HttpFailure, which counts as that upstream's failure.
   */
  async ask<T>(
    question: Question,
    options: AskOptions,
    take: (fetch: Fetch) => Promise<T>,
  ): Promise<From<T>> {
    return this.askAt(this.#route(question, options.avoid), question, options, take);
  }

  /** The same with the servers that the caller chose: whether they may hear of the module is its business. */
  async askAt<T>(
    route: readonly UpstreamClient[],
    question: Question,
    options: AskOptions,
    take: (fetch: Fetch) => Promise<T>,
  ): Promise<From<T>> {
    const signals = [this.#closing.signal, this.#options.signal, options.signal];
    const given = signals.filter((signal) => signal !== undefined);
    return withLinkedSignal(given, (signal) => this.#askInTurn(route, question, options, take, signal));
  }

  /** The same for a body that fits in memory. */
  async read<T>(question: Question, options: AskOptions, parse: (body: Buffer) => T): Promise<From<T>> {
    return this.ask(question, options, intoMemory(parse));
  }

  /** Ends all connections and calls. May run twice. */
  async close(): Promise<void> {
    this.#closing.abort(new InterruptedError('INTERRUPTED', 'the upstreams were closed'));
    await this.#dispatchers.close();
  }

  #route(question: Question, avoid: string | undefined): readonly UpstreamClient[] {
    const privatePatterns = this.#options.privatePatterns ?? [];
    return routeModule(this.#clients, question, { privatePatterns, avoid });
  }

  async #askInTurn<T>(
    route: readonly UpstreamClient[],
    question: Question,
    { avoid }: AskOptions,
    take: (fetch: Fetch) => Promise<T>,
    signal: AbortSignal,
  ): Promise<From<T>> {
    const { subject, file, modulePath } = question;
    const failures: FailedUpstream[] = [];
    for (const client of route) {
      const { name: upstream, fallback } = client.entry;
      const onRetry = (event: RetryEvent) => this.#options.onRetry?.({ ...event, subject, file, upstream });
      try {
        const taken = await take((sink) => client.get({ ...question, sink, signal, onRetry }));
        return { ...taken, upstream };
      } catch (error) {
        if (!(error instanceof HttpFailure)) throw error;
        failures.push({ upstream, failure: error });
        if (!goesOn(error, avoid === undefined ? fallback : '|')) break;
      }
    }
    const { upstream, failure } = mostTelling(failures);
    throw toUpstreamError(`${subject}: ${file} from ${upstream}`, failure, modulePath && subject);
  }
}

/** What `take` is for a body that fits in memory. */
export function intoMemory<T>(parse: (body: Buffer) => T): (fetch: Fetch) => Promise<T> {
  return async (fetch) => {
    let sink = new MemorySink();
    await fetch(() => {
      sink = new MemorySink();
      return sink;
    });
    return parse(sink.bytes);
  };
}
