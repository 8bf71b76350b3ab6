/**
 * Two snapshots whose every file differs, readers that hammer them through a server, and swaps of `current` under them.
 * Each single answer is judged: it must be one of the two files, whole.
 */
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Layout, layoutOf } from '../../src/site/layout.ts';
import { makeCurrent } from '../../src/site/snapshot.ts';

export type Side = 'a' | 'b';

const IDS: Readonly<Record<Side, string>> = {
  a: '20260101T000000Z-aaaaaaaa',
  b: '20260102T000000Z-bbbbbbbb',
};

/** Lengths differ too; the zip is larger than what a socket takes at once, so that a swap meets it half sent. */
const FILES: Readonly<Record<string, (side: Side) => Buffer>> = {
  'example.com/m/@v/list': (side) => Buffer.from(side === 'a' ? 'v1.0.0\n' : 'v1.0.0\nv1.1.0\n'),
  'example.com/m/@latest': (side) =>
    Buffer.from(
      `{"Version":"${side === 'a' ? 'v1.0.0' : 'v1.1.0'}","Time":"2026-01-01T00:00:0${side === 'a' ? 0 : 10}Z"}`,
    ),
  '_mirror/snapshot.json': (side) =>
    Buffer.from(JSON.stringify({ id: IDS[side] }).padEnd(side === 'a' ? 9000 : 90_000)),
  'example.com/m/@v/v1.0.0.zip': (side) => Buffer.alloc(side === 'a' ? 900_001 : 1_200_003, side),
};

export const PATHS = Object.keys(FILES);

/** What the readers met. */
export interface Seen {
  readonly answers: number;
  /** Each answer that was neither of the two files, in words. */
  readonly wrong: readonly string[];
  /** `<side> <path>` of every right answer that came at least once. */
  readonly kinds: ReadonlySet<string>;
}

export class SwapWorld {
  readonly layout: Layout;
  readonly #masters: string;
  #count = 0;
  /** What the next `replaceWith` clears away. */
  #replaced: string | undefined;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'modferry-swap-'));
    // A file server that is another user must find its way.
    chmodSync(folder, 0o755);
    this.layout = layoutOf(join(folder, 'mirror'));
    this.#masters = join(folder, 'masters');
    for (const side of ['a', 'b'] as const) {
      for (const [path, content] of Object.entries(FILES)) {
        const to = join(this.#masters, side, path);
        mkdirSync(dirname(to), { recursive: true });
        writeFileSync(to, content(side));
      }
      cpSync(join(this.#masters, side), join(this.layout.snapshots, IDS[side]), { recursive: true });
    }
  }

  /** Makes one of the two current. */
  swapTo(side: Side): Promise<void> {
    return makeCurrent(this.layout, IDS[side]);
  }

  /** Makes a new snapshot current and clears the one before away, at once. */
  async replaceWith(side: Side): Promise<void> {
    const id = `${IDS[side]}-${++this.#count + 1}`;
    const before = this.#replaced;
    const staged = join(this.layout.staging, id);
    cpSync(join(this.#masters, side), staged, { recursive: true });
    renameSync(staged, join(this.layout.snapshots, id));
    await makeCurrent(this.layout, id);
    this.#replaced = id;
    if (before !== undefined) rmSync(join(this.layout.snapshots, before), { recursive: true });
  }

  remove(): void {
    rmSync(dirname(this.layout.mirror), { recursive: true, force: true });
  }
}

/** Swaps so many times while readers hammer; between two swaps come at least as many answers as there are readers. */
export async function hammer(
  url: string,
  readers: number,
  swaps: number,
  swapTo: (side: Side) => Promise<void>,
): Promise<Seen> {
  await swapTo('a');
  const judge = new Judge();
  const agent = new Agent({ keepAlive: true, maxSockets: readers });
  let isOver = false;
  const read = async (first: number) => {
    for (let count = first; !isOver; count++) await judge.read(url, PATHS[count % PATHS.length] ?? '', agent);
  };
  const reading = Array.from({ length: readers }, (_, index) => read(index));
  try {
    for (let swap = 1; swap <= swaps; swap++) {
      await judge.after(readers);
      await swapTo(swap % 2 === 0 ? 'a' : 'b');
    }
    await judge.after(readers * PATHS.length);
  } finally {
    isOver = true;
    await Promise.all(reading);
    agent.destroy();
  }
  return judge;
}

class Judge implements Seen {
  answers = 0;
  readonly wrong: string[] = [];
  readonly kinds = new Set<string>();
  readonly #sides = new Map<string, Side>();
  #waiting: { readonly at: number; readonly resolve: () => void } | undefined;

  constructor() {
    for (const [path, content] of Object.entries(FILES)) {
      for (const side of ['a', 'b'] as const) this.#sides.set(`${path} ${sha256(content(side))}`, side);
    }
  }

  /** Resolves when so many more answers have come. */
  after(more: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { at: this.answers + more, resolve };
    });
  }

  async read(url: string, path: string, agent: Agent): Promise<void> {
    try {
      this.#judge(path, await get(`${url}/current/${path}`, agent));
    } catch (error) {
      this.wrong.push(`${path}: ${String(error)}`);
    }
    this.answers++;
    if (this.#waiting && this.answers >= this.#waiting.at) this.#waiting.resolve();
  }

  #judge(path: string, { status, length, body }: Got): void {
    const side = this.#sides.get(`${path} ${sha256(body)}`);
    if (status === 200 && side !== undefined && length === String(body.length))
      this.kinds.add(`${side} ${path}`);
    else this.wrong.push(`${path}: ${status}, ${body.length} of ${length} bytes, side ${side}`);
  }
}

interface Got {
  readonly status: number | undefined;
  readonly length: string | undefined;
  readonly body: Buffer;
}

async function get(url: string, agent: Agent): Promise<Got> {
  const sent = request(url, { agent }).end();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode,
    length: response.headers['content-length'],
    body: Buffer.concat(chunks),
  };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
