/**
 * A checksum database that really signs: it grows, serves lookups and tiles as an upstream does (a tile that is not
 * full is gone once it is), shows different histories on demand, and lies on chosen paths. It hashes for itself, so
 * that a mistake in src/sumdb is not made twice.
 *
 *   const log = new TestLog('log.example');
 *   const id = log.add('example.com/m', 'v1.0.0');
 *   log.fill(70_000);
 *   … new SumDbClient({ keys: [parseVerifierKey(log.key)], outside: log.outside() }) …
 *   const other = log.fork();              // the same records so far, the same key; goes on in its own way
 *   log.lie('tile/8/0/000', flipBit);      // one wrong answer
 *   const served = await log.serve();      // …/sumdb/log.example/ on 127.0.0.1; `await served.close()`
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UpstreamError } from '../../src/errors.ts';
import { escapePath, escapeVersion } from '../../src/gomod/escape.ts';
import { hashFileList, hashGoMod } from '../../src/gomod/h1.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import type { SumDbOutside } from '../../src/sumdb/client.ts';

/** A key that signs notes under a name. */
export class TestSigner {
  readonly name: string;
  /** The verifier key, as GOSUMDB takes it. */
  readonly key: string;
  readonly #hash: Buffer;
  readonly #privateKey: KeyObject;

  constructor(name: string) {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const key = Buffer.concat([Buffer.of(1), raw]);
    this.name = name;
    this.#privateKey = privateKey;
    this.#hash = sha256(`${name}\n`, key).subarray(0, 4);
    this.key = `${name}+${this.#hash.toString('hex')}+${key.toString('base64')}`;
  }

  /** The signature line for a text; a lie may name another signer. */
  line(text: string, name = this.name, hash = this.#hash): string {
    const signature = sign(null, Buffer.from(text), this.#privateKey);
    return `\u2014 ${name} ${Buffer.concat([hash, signature]).toString('base64')}\n`;
  }

  note(text: string): string {
    return `${text}\n${this.line(text)}`;
  }
}

/** What to answer in place of the right bytes (undefined: 404). */
export type Lie = (right: Buffer | undefined) => Buffer | string | undefined;

/** In memory: the interface of the client, and the tiles that the client kept. */
export interface TestOutside extends Required<SumDbOutside> {
  readonly kept: Map<string, Buffer>;
}

export interface ServedLog {
  /** Without `/sumdb/…` and without a slash at the end: what GOPROXY names. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

export class TestLog {
  readonly name: string;
  readonly signer: TestSigner;
  /** Every path asked for, below the base, since the start or since `requests.length = 0`. */
  readonly requests: string[] = [];
  /** By height of the subtree: the roots of complete ones, from left to right. */
  readonly #hashes: Buffer[][];
  readonly #records: Map<string, { id: number; text: string }>;
  readonly #lies: { path: string; lie: Lie }[] = [];
  #lookupSize: number | undefined;

  /** Empty, or with the first `size` records and the key of another log. */
  constructor(name: string, other?: { readonly log: TestLog; readonly size: number }) {
    this.name = name;
    this.signer = other === undefined ? new TestSigner(name) : other.log.signer;
    this.#hashes = other === undefined ? [] : other.log.#firstHashes(other.size);
    const records = other === undefined ? [] : [...other.log.#records];
    this.#records = new Map(records.filter(([, { id }]) => id < this.size));
  }

  get key(): string {
    return this.signer.key;
  }

  get size(): number {
    return this.#hashes[0]?.length ?? 0;
  }

  /** Appends the record of a module version and returns its number. Hashes that are not given are made up. */
  add(
    path: string,
    version: string,
    zipH1: string = madeUpH1('zip', path, version),
    modH1: string = hashGoMod(Buffer.from(`module ${path}\n`)),
  ): number {
    return this.addText(path, version, `${path} ${version} ${zipH1}\n${path} ${version}/go.mod ${modH1}\n`);
  }

  /** Appends any text as the record of a module version. */
  addText(path: string, version: string, text: string): number {
    const mv = parseModuleVersion(path, version);
    const id = this.#append(text);
    this.#records.set(`lookup/${escapePath(mv.path)}@${escapeVersion(mv.version)}`, { id, text });
    return id;
  }

  /** Appends records that nobody looks up. */
  fill(count: number): void {
    for (let i = 0; i < count; i++) this.#append(`filler ${this.size}\n`);
  }

  /** A log of the same key that has the first `size` records in common. */
  fork(size = this.size): TestLog {
    return new TestLog(this.name, { log: this, size });
  }

  /** The signed tree head over the first `size` records. */
  head(size = this.size): string {
    const root = size === 0 ? sha256() : this.#root(0, size);
    return this.signer.note(`go.sum database tree\n${size}\n${root.toString('base64')}\n`);
  }

  /** From now on lookups carry the head of this size, as answers out of an upstream's cache do. */
  answerLookupsUnder(size: number | undefined): void {
    this.#lookupSize = size;
  }

  /** Answers a path with something else, from now on. */
  lie(path: string, lie: Lie): void {
    this.#lies.push({ path, lie });
  }

  /** Tells the truth again. */
  heal(): void {
    this.#lies.length = 0;
  }

  /** What the log answers to a path below its base; undefined is a 404. */
  answer(path: string): Buffer | undefined {
    this.requests.push(path);
    const right = this.#right(path);
    const lie = this.#lies.findLast((candidate) => candidate.path === path);
    if (lie === undefined) return right;
    const told = lie.lie(right);
    return told === undefined ? undefined : Buffer.from(told);
  }

  /** The interface of the client, in memory, with an empty cache. */
  outside(): TestOutside {
    const kept = new Map<string, Buffer>();
    const ask = async (path: string) => {
      const body = this.answer(path);
      if (body !== undefined) return body;
      throw new UpstreamError('NOT_FOUND', `sumdb/${this.name}/${path}: file from memory: not found`);
    };
    return {
      kept,
      lookup: ask,
      tile: ask,
      latest: () => ask('latest'),
      readTile: async (path) => kept.get(path),
      keepTile: async (path, bytes) => void kept.set(path, bytes),
    };
  }

  /** Over HTTP, below `/sumdb/<name>/`. What lies elsewhere `elsewhere` may answer, given the path without its slash. */
  async serve(elsewhere: (path: string) => Buffer | undefined = () => undefined): Promise<ServedLog> {
    const base = `sumdb/${this.name}/`;
    const server = createServer((request, reply) => {
      const path = decodeURIComponent((request.url ?? '').slice(1));
      const body = path.startsWith(base) ? this.answer(path.slice(base.length)) : elsewhere(path);
      reply.statusCode = body === undefined ? 404 : 200;
      reply.end(body ?? 'not found\n');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    // The cast is true: the server listens on a port.
    const { port } = server.address() as AddressInfo;
    const close = async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    };
    return { url: `http://127.0.0.1:${port}`, close };
  }

  #right(path: string): Buffer | undefined {
    if (path === 'supported') return Buffer.alloc(0);
    if (path === 'latest') return Buffer.from(this.head());
    const record = this.#records.get(path);
    if (record !== undefined)
      return Buffer.from(`${record.id}\n${record.text}\n${this.head(this.#lookupSize)}`);
    const [, level, digits = '', width] = /^tile\/8\/(\d)\/([x\d/]+)(?:\.p\/(\d+))?$/.exec(path) ?? [];
    if (level === undefined) return undefined;
    const row = this.#hashes[8 * Number(level)] ?? [];
    const first = 256 * Number(digits.replaceAll(/[x/]/g, ''));
    const present = row.slice(first, first + 256);
    const wanted = Number(width ?? 256);
    const isGone = width !== undefined && present.length === 256;
    return isGone || present.length < wanted ? undefined : Buffer.concat(present.slice(0, wanted));
  }

  #firstHashes(size: number): Buffer[][] {
    return this.#hashes.map((row, height) => row.slice(0, Math.floor(size / 2 ** height)));
  }

  #append(text: string): number {
    const id = this.size;
    let hash = sha256(Buffer.of(0), text);
    for (let height = 0, index = id; ; height++, index = (index - 1) / 2) {
      this.#hashes[height] ??= [];
      const row = this.#hashes[height] ?? [];
      row.push(hash);
      if (index % 2 === 0) return id;
      hash = sha256(Buffer.of(1), row[index - 1] ?? '', hash);
    }
  }

  /** RFC 6962's own definition, over complete subtrees where there are such. */
  #root(from: number, to: number): Buffer {
    const count = to - from;
    const height = Math.log2(count);
    if (Number.isInteger(height)) return this.#hashes[height]?.[from / count] ?? Buffer.alloc(0);
    const split = 2 ** Math.floor(height);
    return sha256(Buffer.of(1), this.#root(from, from + split), this.#root(from + split, to));
  }
}

/** Changes the lowest bit of one byte; by default the first. */
export function flipBit(right: Buffer | undefined, at = 0): Buffer {
  const wrong = Buffer.from(right ?? Buffer.alloc(1));
  wrong[at] = (wrong[at] ?? 0) ^ 1;
  return wrong;
}

function madeUpH1(...parts: string[]): string {
  return hashFileList([{ name: parts.join(' '), sha256: '00'.repeat(32) }]);
}

function sha256(...parts: (string | Buffer)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
