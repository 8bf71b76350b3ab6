/**
 * The one server: the folder `public/`, read only, `/healthz`, `/readyz` and whatever pages the caller gives. Nobody
 * can hold it up: what a client may take, in time, in size and in connections, is bounded, but never the time that an
 * honest download takes.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AnswerOptions, answerRequest, sendText } from './answer.ts';

export interface ServerOptions extends AnswerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly limits?: Partial<Limits>;
}

/** Times are milliseconds. */
export interface Limits {
  /** From the connection, or the answer before, to the end of a request's headers. */
  readonly headers: number;
  /** To the end of the request with its body, which nobody needs. */
  readonly request: number;
  /** How often these two are looked at. */
  readonly checks: number;
  /** Between two requests on one connection. */
  readonly keepAlive: number;
  /**
   * Without a single byte going out or in. The kernel takes in megabytes and asks for more only when a good part of
   * them is gone, so a reader of 10 kB/s looks idle for minutes.
   */
  readonly idle: number;
  /** Each may hold a socket and a file. Those above are closed at once, which clients take as a reason to try again. */
  readonly connections: number;
  /** Bytes. The longest module path and version that Go takes fit in it many times. */
  readonly headerBytes: number;
  /** How long `close` waits for answers under way. */
  readonly grace: number;
}

export const LIMITS: Limits = {
  headers: 15_000,
  request: 30_000,
  checks: 5000,
  keepAlive: 15_000,
  idle: 600_000,
  connections: 2000,
  headerBytes: 16 << 10,
  grace: 10_000,
};

/** Connections that the kernel keeps for us while we are busy. */
const BACKLOG = 1024;

export interface RunningServer {
  readonly url: string;
  /** Takes no more requests, and resolves when the answers under way are given or their time is up. */
  close(): Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const limits = { ...LIMITS, ...options.limits };
  const server = createServer({
    headersTimeout: limits.headers,
    requestTimeout: limits.request,
    connectionsCheckingInterval: limits.checks,
    keepAliveTimeout: limits.keepAlive,
    maxHeaderSize: limits.headerBytes,
  });
  server.timeout = limits.idle;
  server.maxConnections = limits.connections;
  const answering = new Answering(server, options);
  await listen(server, options.port, options.host);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return { url: `http://${host}:${port}`, close: () => answering.close(limits.grace) };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, BACKLOG, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** The answers under way, so that the last one can be told from a connection that only stands open. */
class Answering {
  readonly #server: Server;
  readonly #options: ServerOptions;
  #underWay = 0;
  #isClosing = false;

  constructor(server: Server, options: ServerOptions) {
    this.#server = server;
    this.#options = options;
    server.on('request', (request, response) => this.#take(request, response));
  }

  close(grace: number): Promise<void> {
    this.#isClosing = true;
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#server.closeAllConnections(), grace);
      this.#server.close(() => {
        clearTimeout(late);
        resolve();
      });
      this.#endIdle();
    });
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    this.#underWay++;
    response.once('close', () => {
      this.#underWay--;
      if (this.#isClosing) this.#endIdle();
    });
    if (this.#isClosing) response.shouldKeepAlive = false;
    answerRequest(request, response, this.#options).catch((error: unknown) => {
      const what = error instanceof Error ? error.message : String(error);
      this.#options.warn(`${request.method} ${request.url}: ${what}`);
      if (response.headersSent) response.destroy();
      else sendText(response, 500, 'cannot answer this');
    });
  }

  /** A connection on which nothing is answered has nothing to lose, whether or not it ever sent a byte. */
  #endIdle(): void {
    if (this.#underWay === 0) this.#server.closeAllConnections();
    else this.#server.closeIdleConnections();
  }
}
