/** Sends a file with the type and the life of its kind. A part of it, where it can never change: the zips. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { OpenFile } from './files.ts';
import { parseRange, type Span } from './range.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.info': 'application/json',
  '.json': 'application/json',
  '.mod': 'text/plain; charset=utf-8',
  '.zip': 'application/zip',
};

export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  { handle, stats }: OpenFile,
  path: string,
): Promise<void> {
  const { size } = stats;
  const headers = headersOf(path, stats.mtime.toUTCString());
  const span = askedSpan(request, headers, size);
  if (span === 'unsatisfiable') {
    response.writeHead(416, {
      'content-range': `bytes */${size}`,
      'content-length': 0,
      'cache-control': 'no-store',
    });
    response.end();
    return;
  }
  const { start, end } = span ?? { start: 0, end: size - 1 };
  response.writeHead(span === undefined ? 200 : 206, {
    ...headers,
    'content-length': end - start + 1,
    ...(span === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
  });
  if (request.method === 'HEAD' || size === 0) response.end();
  else
    await pipeline(handle.createReadStream({ start, end, autoClose: false }), response).catch(ignoreHangUp);
}

function headersOf(path: string, modified: string): OutgoingHttpHeaders {
  const ending = /\.[a-z]+$/.exec(path)?.[0] ?? '';
  const immutable = /\/@v\/[^/]+\.(info|mod|zip)$/.test(path);
  return {
    'content-type': TYPES[ending] ?? 'text/plain; charset=utf-8',
    'last-modified': modified,
    'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    'x-content-type-options': 'nosniff',
    'accept-ranges': immutable && ending === '.zip' ? 'bytes' : 'none',
  };
}

/** Undefined where the whole file is to be sent: what is asked for is no part, or of another file than this. */
function askedSpan(
  { method, headers }: IncomingMessage,
  own: OutgoingHttpHeaders,
  size: number,
): Span | 'unsatisfiable' | undefined {
  if (method !== 'GET' || headers.range === undefined || own['accept-ranges'] !== 'bytes') return undefined;
  const condition = headers['if-range'];
  if (condition !== undefined && condition !== own['last-modified']) return undefined;
  return parseRange(headers.range, size);
}

/** A client that goes away in the middle is no failure of the server. */
function ignoreHangUp(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE' && error.code !== 'ECONNRESET' && error.code !== 'EPIPE')
    throw error;
}
