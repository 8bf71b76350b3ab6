/**
 * The checksum database as the go command finds it: at the first upstream that passes it on under `sumdb/<name>/`,
 * else at the log itself; an address of its own goes past the upstreams. Bodies are complete and nothing more is known
 * of them. Source: dbDial in cmd/go/internal/modfetch; https://go.dev/design/25530-sumdb#proxying-a-checksum-database.
 */
import { UpstreamError } from '../errors.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { matchesPatterns } from '../gomod/pattern.ts';
import { basicAuthOf } from './credentials.ts';
import { HttpFailure } from './failure.ts';
import type { UpstreamEntry } from './proxy-list.ts';
import { redactUrl } from './redact.ts';
import type { UpstreamClient } from './upstream-client.ts';
import { type AskOptions, type From, intoMemory, type Question, type UpstreamSet } from './upstream-set.ts';

export interface LogAddress {
  /** As `sum.golang.org`: where the log itself is, and its name below an upstream. */
  readonly name: string;
  /** An address from GOSUMDB: then no upstream is asked. Its user information, if any, has no broken % escape. */
  readonly url?: URL | undefined;
}

/** Bytes. A tile has at most 8,192, a lookup a few hundred and a signed head. */
const MOST_BYTES = 1 << 20;
const LESS_THAN = 0x3c;

type Body = From<{ body: Buffer }>;

/** Where the log is, and the path of its files there. */
interface Base {
  readonly client: UpstreamClient;
  readonly prefix: string;
}

/** Where the log is, as far as somebody has begun to find out. */
interface Search {
  /** Begins the message of its failure. */
  readonly subject: string;
  readonly base: Promise<Base>;
}

export class LogServer {
  readonly #set: UpstreamSet;
  readonly #address: LogAddress;
  readonly #itself: Base;
  #search: Search | undefined;

  constructor(set: UpstreamSet, address: LogAddress) {
    this.#set = set;
    this.#address = address;
    this.#itself = { client: set.beside(entryOf(address)), prefix: '' };
  }

  /** `lookup/…` of a module version, which may be named to the log: whoever calls has made sure of that. */
  async lookup(path: string, mv: ModuleVersion, options: AskOptions = {}): Promise<Body> {
    const subject = formatModuleVersion(mv);
    return this.#read({ subject, file: 'lookup', path, modulePath: mv.path, maxBytes: MOST_BYTES }, options);
  }

  /** A tile, which has `size` bytes; of another size only what is no web page is passed on. */
  async tile(path: string, size: number, options: AskOptions = {}): Promise<Body> {
    const about = { subject: path, file: 'tile', path, modulePath: undefined };
    return this.#read({ ...about, maxBytes: MOST_BYTES, binary: true }, options, (body) => {
      if (body.length !== size && body[0] === LESS_THAN) {
        throw new HttpFailure('BAD_CONTENT', `${body.length} bytes in place of ${size}: a web page`);
      }
    });
  }

  /** The newest tree head, where whoever passes the log on has it: the go command never asks for it. */
  async latest(options: AskOptions = {}): Promise<Body> {
    const about = { subject: this.#address.name, file: 'latest', path: 'latest', modulePath: undefined };
    return this.#read({ ...about, maxBytes: MOST_BYTES }, options);
  }

  async #read(
    question: Question,
    options: AskOptions,
    check: (body: Buffer) => void = () => {},
  ): Promise<Body> {
    const { client, prefix } = this.#passing(await this.#find(question, options), question);
    const take = intoMemory((body) => {
      check(body);
      return { body };
    });
    return this.#set.askAt([client], { ...question, path: prefix + question.path }, options, take);
  }

  /** An upstream that must not hear of a module does not hear of it here either; the log may. */
  #passing(base: Base, { modulePath }: Question): Base {
    const { except } = base.client.entry;
    const isExcepted = except && modulePath !== undefined && matchesPatterns(except, modulePath);
    return isExcepted ? this.#itself : base;
  }

  /** Asked for once; calls at the same time wait for the same. After a failure the next call begins again. */
  async #find({ subject, modulePath }: Question, options: AskOptions): Promise<Base> {
    this.#search ??= { subject, base: this.#ask(subject, options) };
    const search = this.#search;
    try {
      return await search.base;
    } catch (error) {
      if (this.#search === search) this.#search = undefined;
      if (!(error instanceof UpstreamError)) throw error;
      // It names whoever began the search; each of those who waited is told of its own module.
      const message = `${subject}${error.message.slice(search.subject.length)}`;
      const { code, hint, cause } = error;
      throw new UpstreamError(code, message, { module: modulePath && subject, hint, cause });
    }
  }

  async #ask(subject: string, options: AskOptions): Promise<Base> {
    if (this.#address.url !== undefined) return this.#itself;
    const prefix = `sumdb/${this.#address.name}/`;
    const path = `${prefix}supported`;
    const question = { subject, file: 'sumdb', path, modulePath: undefined, maxBytes: MOST_BYTES };
    for (const client of this.#set.general) {
      try {
        await this.#set.askAt(
          [client],
          question,
          options,
          intoMemory(() => ({})),
        );
        return { client, prefix };
      } catch (error) {
        const goesOn =
          error instanceof UpstreamError && (error.code === 'NOT_FOUND' || client.entry.fallback === '|');
        if (!goesOn) throw error;
      }
    }
    return this.#itself;
  }
}

function entryOf({ name, url = new URL(`https://${name}`) }: LogAddress): UpstreamEntry {
  const auth = basicAuthOf(url);
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  const entry = { url: bare, name: redactUrl(url), fallback: ',', headers: {} } as const;
  return auth === undefined ? entry : { ...entry, auth };
}
