/**
 * The one server: the folder `public/`, read only, and `/healthz` and `/readyz`. GET and HEAD of files; whatever is
 * no file is a plain 404, a folder too, as the go command expects of a GOPROXY. Links are followed as long as they
 * stay below the root. Each request opens the file anew, so a swap of `current` is seen at once.
 */
import { createReadStream, existsSync, type Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface ServerOptions {
  /** The folder to serve. */
  readonly root: string;
  /** Folders elsewhere that links in it may lead to. */
  readonly also?: readonly string[];
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly warn: (message: string) => void;
}

export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.info': 'application/json',
  '.json': 'application/json',
  '.mod': 'text/plain; charset=utf-8',
  '.zip': 'application/zip',
};

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      options.warn(
        `${request.method} ${request.url}: ${error instanceof Error ? error.message : String(error)}`,
      );
      if (response.headersSent) response.destroy();
      else send(response, 500, 'cannot read the file');
    });
  });
  await listen(server, options.port, options.host);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

type Places = Pick<ServerOptions, 'root' | 'also'>;

async function answer(request: IncomingMessage, response: ServerResponse, places: Places): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return send(response, 405, 'only GET and HEAD');
  }
  const path = decodePath(request.url ?? '/');
  if (path === undefined) return send(response, 400, 'not a path');
  if (path === '/healthz') return send(response, 200, 'ok');
  if (path === '/readyz') {
    const ready = (await fileAt(places, '/current/_mirror/snapshot.json')) !== undefined;
    return send(response, ready ? 200 : 503, ready ? 'ok' : 'nothing is published yet');
  }
  const found = await fileAt(places, path);
  if (!found) return send(response, 404, 'not found');
  await sendFile(request, response, found, path);
}

/** The decoded path, or undefined where it is none: it must be a plain way down, without dot elements. */
function decodePath(url: string): string | undefined {
  const [raw = ''] = url.split('?');
  try {
    const path = decodeURIComponent(raw);
    const elements = path.slice(1).split('/');
    if (!path.startsWith('/') || path.includes('\0') || path.includes('\\')) return undefined;
    return elements.some((element) => element === '.' || element === '..') ? undefined : path;
  } catch {
    return undefined;
  }
}

interface Found {
  readonly file: string;
  readonly stats: Stats;
}

/** A file below the root or where its links may lead, links followed; undefined for everything else. */
async function fileAt({ root, also = [] }: Places, path: string): Promise<Found | undefined> {
  try {
    const [base, file] = await Promise.all([realpath(root), realpath(join(root, path))]);
    const isBelow = (folder: string) => file.startsWith(folder + sep);
    const isAllowed =
      isBelow(base) ||
      (await Promise.all(also.filter(existsSync).map((folder) => realpath(folder)))).some(isBelow);
    if (!isAllowed || path.endsWith('/')) return undefined;
    const stats = await stat(file);
    return stats.isFile() ? { file, stats } : undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG' || code === 'ELOOP')
      return undefined;
    throw error;
  }
}

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { file, stats }: Found,
  path: string,
): Promise<void> {
  const ending = /\.[a-z]+$/.exec(path)?.[0] ?? '';
  const immutable = /\/@v\/[^/]+\.(info|mod|zip)$/.test(path);
  response.writeHead(200, {
    'content-type': TYPES[ending] ?? 'text/plain; charset=utf-8',
    'content-length': stats.size,
    'last-modified': stats.mtime.toUTCString(),
    'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    'x-content-type-options': 'nosniff',
  });
  if (request.method === 'HEAD' || stats.size === 0) response.end();
  else await pipeline(createReadStream(file, { end: stats.size - 1 }), response).catch(ignoreHangUp);
}

/** A client that goes away in the middle is no failure of the server. */
function ignoreHangUp(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE' && error.code !== 'ECONNRESET' && error.code !== 'EPIPE')
    throw error;
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${text}\n`);
}
