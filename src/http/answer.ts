/**
 * One request and its answer. GET and HEAD only. Pages have fixed names at the top, where no module can be: those lie
 * below `current/` and `snapshots/`. Everything else is a file, or a plain 404 as the go command expects of a GOPROXY.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Places, withFile } from './files.ts';
import { decodePath } from './path.ts';
import { sendFile } from './send-file.ts';

export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

export interface AnswerOptions extends Places {
  readonly warn: (message: string) => void;
  /** By their paths, as `/metrics`; made anew for each request. */
  readonly pages?: Readonly<Record<string, () => Promise<Page>>>;
  /** Why what is published should not be used, in words; undefined where nothing speaks against it. */
  readonly notReady?: () => Promise<string | undefined>;
}

const TEXT = 'text/plain; charset=utf-8';
/** What no mirror can be without: a snapshot's manifest. */
const PUBLISHED = '/current/_mirror/snapshot.json';

export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  options: AnswerOptions,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return sendText(response, 405, 'only GET and HEAD');
  }
  const path = decodePath(request.url ?? '/');
  if (path === undefined) return sendText(response, 400, 'not a path');
  const page = pageAt(path, options);
  if (page !== undefined) return sendPage(response, await page());
  const wasFound = await withFile(options, path, (found) => sendFile(request, response, found, path));
  if (!wasFound) sendText(response, 404, 'not found');
}

/** Never kept in a cache: each says how things are now. */
export function sendText(response: ServerResponse, status: number, text: string): void {
  sendPage(response, { status, contentType: TEXT, text: `${text}\n` });
}

function sendPage(response: ServerResponse, { status, contentType, text }: Page): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

function pageAt(path: string, options: AnswerOptions): (() => Promise<Page>) | undefined {
  const { pages = {} } = options;
  if (Object.hasOwn(pages, path)) return pages[path];
  if (path === '/healthz') return async () => ({ status: 200, contentType: TEXT, text: 'ok\n' });
  if (path === '/readyz') return () => readiness(options);
  return undefined;
}

async function readiness(options: AnswerOptions): Promise<Page> {
  const isPublished = await withFile(options, PUBLISHED, async () => {});
  const reason = isPublished ? await askReason(options) : 'nothing is published yet';
  return { status: reason === undefined ? 200 : 503, contentType: TEXT, text: `${reason ?? 'ok'}\n` };
}

/** What cannot be told speaks against it: a mirror whose state is damaged grows old unseen. */
async function askReason({ notReady, warn }: AnswerOptions): Promise<string | undefined> {
  try {
    return await notReady?.();
  } catch (error) {
    warn(`/readyz: ${error instanceof Error ? error.message : String(error)}`);
    return 'whether the mirror is stale cannot be told: the log says why';
  }
}
