/**
 * A real GOPROXY on 127.0.0.1, fed with modules in memory. It remembers every request, and can be told to misbehave
 * on chosen paths in the ways that real servers, portals and networks do.
 *
 *   const up = await startUpstream();
 *   up.add({ path: 'example.com/m', version: 'v1.0.0', files: { 'm.go': 'package m\n' } });
 *   up.fault('example.com/m/@v/v1.0.0.zip', { truncate: 100 });
 *   … up.url, up.requests, up.goSumLines() …
 *   await up.close();
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http, { type IncomingHttpHeaders } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { moduleFilePath, versionFolder } from '../../src/gomod/artifact.ts';
import { escapePath } from '../../src/gomod/escape.ts';
import { hashFileList, hashGoMod, parseH1 } from '../../src/gomod/h1.ts';
import { chooseLatest, listedVersions } from '../../src/gomod/latest.ts';
import { type ModuleVersion, parseModuleVersion } from '../../src/gomod/module-version.ts';
import { cut, send } from './faulty-reply.ts';
import { answerOfFile, type RangeFault, type Validator } from './ranges.ts';
import { buildModuleZip } from './zip-builder.ts';

/** Give `files`, or a `zip` (and its `h1`, if go.sum lines are wanted). */
export interface UpstreamModule {
  readonly path: string;
  readonly version: string;
  /** Of the zip, by path within the module. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  readonly zip?: Buffer;
  readonly h1?: string;
  /** Default: `go.mod` of `files`, else the line that Go makes up. */
  readonly goMod?: string;
  /** The whole `.info`. Default: the version and a time. */
  readonly info?: string;
}

/** What to do instead of, or with, the right answer. Without `status`, the status is 200. */
export interface Fault {
  /** Only the first so many requests; default: all. Then the next fault that matches, else the right answer. */
  readonly times?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent in place of the file. */
  readonly body?: string | Buffer;
  /** Sends so many bytes of the body, and then closes the connection. */
  readonly truncate?: number;
  /** The Content-Length to announce: default the true one; `none` sends chunks; `unframed` ends with the connection. */
  readonly contentLength?: number | 'none' | 'unframed';
  /** Sends so many bytes of the body (0: not even headers), and then nothing for ever. */
  readonly stall?: number;
  /** Closes the connection in place of an answer. */
  readonly drop?: true;
  /** Resets the connection in place of an answer, or where `truncate` says. */
  readonly reset?: true;
  /** One byte of the body every so many milliseconds. */
  readonly drip?: number;
  /** The body again and again, without an end. */
  readonly endless?: true;
  /** To this URL, with status 302 or `status`. */
  readonly redirect?: string;
  /** A web page with status 200, as a captive portal sends. */
  readonly page?: true;
  /** What the answer says of the file's sameness; default: a strong entity tag. */
  readonly validator?: Validator;
  /** How the rest of a file is answered; default: as it is asked for. */
  readonly range?: RangeFault;
  /** Answers when this resolves. */
  readonly until?: Promise<unknown>;
}

export interface SeenRequest {
  readonly method: string;
  /** Below the base, as it was sent: with `%21`, and with the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: string;
}

export interface UpstreamServerOptions {
  /** PEM; without it the server speaks plain HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Offers HTTP/2, with `tls` only. */
  readonly http2?: boolean;
}

const PAGE = '<!DOCTYPE html>\n<html><body>Please accept the terms of use.</body></html>\n';

export class UpstreamServer {
  /** Every request since the start, or since `forget`. */
  readonly requests: SeenRequest[] = [];
  /** Without a slash at the end. */
  readonly url: string;
  readonly #server: http.Server | http2.Http2SecureServer;
  readonly #sockets = new Set<Socket>();
  readonly #files = new Map<string, Buffer>();
  readonly #modules: { mv: ModuleVersion; lines: readonly string[] }[] = [];
  readonly #mounts: { prefix: string; answer: (path: string) => Buffer | undefined }[] = [];
  readonly #faults: { match: string | RegExp; fault: Fault; left: number }[] = [];

  constructor(server: http.Server | http2.Http2SecureServer, url: string) {
    this.#server = server;
    this.url = url;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request: http.IncomingMessage, reply: http.ServerResponse) => {
      const { method = '', url: path = '/', headers, httpVersion } = request;
      this.requests.push({ method, path: path.slice(1), headers, httpVersion });
      void this.#answer(path.slice(1), headers, reply);
    });
  }

  /** Serves the files of a module version; a second one of the same version replaces the first. */
  add(module: UpstreamModule): ModuleVersion {
    const mv = parseModuleVersion(module.path, module.version);
    const files = module.files ?? {};
    const goMod = Buffer.from(module.goMod ?? files['go.mod'] ?? `module ${mv.path}\n`);
    const info = module.info ?? JSON.stringify({ Version: mv.version, Time: '2024-01-02T03:04:05Z' });
    this.put(moduleFilePath(mv, 'info'), info);
    this.put(moduleFilePath(mv, 'mod'), goMod);
    this.put(moduleFilePath(mv, 'zip'), module.zip ?? buildModuleZip(mv, { ...files }));
    const h1 = module.zip === undefined ? hashFiles(mv, files) : module.h1;
    const zipLines = h1 === undefined ? [] : [`${mv.path} ${mv.version} ${parseH1(h1)}`];
    const lines = [...zipLines, `${mv.path} ${mv.version}/go.mod ${hashGoMod(goMod)}`];
    const others = this.#modules.filter((other) => !sameVersion(other.mv, mv));
    this.#modules.splice(0, this.#modules.length, ...others, { mv, lines });
    this.#list(mv);
    return mv;
  }

  /** Serves any file; `path` is below the base, with `!` where a capital was. */
  put(path: string, body: string | Buffer): void {
    this.#files.set(path, Buffer.from(body));
  }

  /** Lets somebody else answer what lies below a path, given the rest of it; undefined is a 404. */
  mount(prefix: string, answer: (path: string) => Buffer | undefined): void {
    this.#mounts.push({ prefix, answer });
  }

  /** The right bytes of a file; throws where there is none. */
  file(path: string): Buffer {
    const body = this.#files.get(path);
    if (body === undefined) throw new Error(`the upstream has no ${path}`);
    return body;
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  /** Misbehaves on a path (as for `put`, or a pattern) from now on. The fault told first is used up first. */
  fault(match: string | RegExp, fault: Fault): void {
    this.#faults.push({ match, fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  /** Behaves again. */
  heal(): void {
    this.#faults.length = 0;
  }

  /** go.sum lines, without newlines, of these module versions (`path@version`), or of all. */
  goSumLines(...wanted: string[]): string[] {
    const isWanted = ({ mv }: { mv: ModuleVersion }) =>
      wanted.length === 0 || wanted.includes(`${mv.path}@${mv.version}`);
    return this.#modules.filter(isWanted).flatMap(({ lines }) => lines);
  }

  /** The paths that were asked for, in order, with `!` for `%21`. */
  get paths(): string[] {
    return this.requests.map(({ path }) => path.replaceAll('%21', '!'));
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  forget(): void {
    this.requests.length = 0;
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #list({ path }: ModuleVersion): void {
    const versions = this.#modules.filter(({ mv }) => mv.path === path).map(({ mv }) => mv.version);
    const listed = listedVersions(versions);
    this.put(`${versionFolder(path)}/list`, listed.map((version) => `${version}\n`).join(''));
    const latest = chooseLatest(versions);
    if (latest !== undefined) {
      this.put(`${escapePath(path)}/@latest`, this.file(moduleFilePath({ path, version: latest }, 'info')));
    }
  }

  #right(path: string): Buffer | undefined {
    const mount = this.#mounts.find(({ prefix }) => path.startsWith(prefix));
    return mount === undefined ? this.#files.get(path) : mount.answer(path.slice(mount.prefix.length));
  }

  #takeFault(path: string): Fault | undefined {
    const found = this.#faults.find(
      ({ match, left }) => left > 0 && (typeof match === 'string' ? match === path : match.test(path)),
    );
    if (found !== undefined) found.left--;
    return found?.fault;
  }

  async #answer(rawPath: string, asked: IncomingHttpHeaders, reply: http.ServerResponse): Promise<void> {
    const path = rawPath.replaceAll('%21', '!').replace(/\?.*/, '');
    const fault = this.#takeFault(path) ?? {};
    await fault.until;
    if (reply.destroyed || fault.stall === 0) return;
    if (fault.drop || (fault.reset && fault.truncate === undefined)) cut(reply, fault.reset);
    else if (fault.redirect !== undefined) {
      reply.writeHead(fault.status ?? 302, { location: fault.redirect, ...fault.headers }).end();
    } else {
      const body = fault.page ? Buffer.from(PAGE) : (bodyOf(fault) ?? this.#right(path));
      const status = fault.status ?? (body === undefined ? 404 : 200);
      const whole = { status, headers: {}, body: body ?? Buffer.from('not found\n') };
      const isFile = status === 200 && !fault.page;
      const { validator = 'strong', range } = fault;
      send(reply, fault, isFile ? answerOfFile(whole.body, asked, validator, range) : whole);
    }
  }
}

/** On a free port of 127.0.0.1. */
export async function startUpstream(options: UpstreamServerOptions = {}): Promise<UpstreamServer> {
  const server = createServer(options);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // True, since it listens on a port rather than on a path.
  const { port } = server.address() as AddressInfo;
  return new UpstreamServer(server, `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`);
}

function createServer({
  tls,
  http2: offersHttp2,
}: UpstreamServerOptions): http.Server | http2.Http2SecureServer {
  if (tls === undefined) return http.createServer();
  return offersHttp2 ? http2.createSecureServer({ ...tls, allowHTTP1: true }) : https.createServer(tls);
}

function bodyOf(fault: Fault): Buffer | undefined {
  return fault.body === undefined ? undefined : Buffer.from(fault.body);
}

function hashFiles(mv: ModuleVersion, files: Readonly<Record<string, string | Buffer>>): string {
  const hashed = Object.entries(files).map(([name, content]) => ({
    name: `${mv.path}@${mv.version}/${name}`,
    sha256: createHash('sha256').update(content).digest('hex'),
  }));
  return hashFileList(hashed);
}

function sameVersion(a: ModuleVersion, b: ModuleVersion): boolean {
  return a.path === b.path && a.version === b.version;
}
