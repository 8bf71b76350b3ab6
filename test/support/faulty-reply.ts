/** Sends the answers of the tests' upstream, with the faults of its network: cut, stalled, slow, endless. */
import type http from 'node:http';
import http2 from 'node:http2';
import type { Whole } from './ranges.ts';
import type { Fault } from './upstream-server.ts';

export function send(reply: http.ServerResponse, fault: Fault, { status, headers, body }: Whole): void {
  const { truncate, stall, drip } = fault;
  const length = fault.contentLength ?? (fault.endless ? 'none' : body.length);
  const type = fault.page ? 'text/html' : 'text/plain; charset=utf-8';
  const announced = typeof length === 'number' ? { 'content-length': String(length) } : {};
  if (length === 'unframed') reply.removeHeader('transfer-encoding');
  reply.writeHead(status, { 'content-type': type, ...announced, ...headers, ...fault.headers });
  if (truncate !== undefined) reply.write(body.subarray(0, truncate), () => cut(reply, fault.reset));
  else if (stall !== undefined) reply.write(body.subarray(0, stall));
  else if (fault.endless) sendForever(reply, body);
  else if (drip !== undefined) sendSlowly(reply, body, drip);
  else reply.end(body);
}

function sendForever(reply: http.ServerResponse, body: Buffer): void {
  if (!reply.destroyed) reply.write(body, () => setImmediate(sendForever, reply, body));
}

function sendSlowly(reply: http.ServerResponse, body: Buffer, milliseconds: number): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (reply.destroyed || sent >= body.length) {
      clearInterval(timer);
      reply.end();
    } else reply.write(body.subarray(sent, ++sent));
  }, milliseconds);
}

/** Ends the connection (HTTP/1.1) or the stream (HTTP/2) before its time. */
export function cut(reply: http.ServerResponse | http2.Http2ServerResponse, reset = false): void {
  if (reply instanceof http2.Http2ServerResponse) cutStream(reply.stream);
  else if (reset) reply.socket?.resetAndDestroy();
  else reply.socket?.end();
}

/** Only once the client has taken in what came before: a stream that is reset drops what nobody has read yet. */
function cutStream(stream: http2.ServerHttp2Stream): void {
  if (!stream.destroyed) stream.session?.ping(() => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR));
}
