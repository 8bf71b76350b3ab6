/**
 * Which snapshots a person wants kept, in `<mirror>/pins.json`: a file of its own, since it cannot be found again from
 * anything else when the state database is lost.
 */
import { existsSync, readFileSync } from 'node:fs';
import { StateError } from '../errors.ts';
import { replaceFile } from './durable.ts';
import type { Layout } from './layout.ts';

export interface SnapshotPin {
  /** RFC 3339 in UTC. */
  readonly at: string;
  readonly reason: string | null;
}

export type SnapshotPins = ReadonlyMap<string, SnapshotPin>;

/** By the snapshot's id. A file that cannot be read is an error: without it a prune would remove what is pinned. */
export function readPins({ pins }: Layout): SnapshotPins {
  if (!existsSync(pins)) return new Map();
  try {
    const value = JSON.parse(readFileSync(pins, 'utf8')) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return new Map(Object.entries(value as Record<string, SnapshotPin>));
    }
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new StateError('CORRUPT', `${pins}: is no list of pinned snapshots`, {
    hint: 'remove it, and pin again with `modferry snapshots pin <id>`',
  });
}

/** Durable on return. */
export function writePins({ pins }: Layout, value: SnapshotPins): void {
  replaceFile(pins, `${JSON.stringify(Object.fromEntries(value), null, 2)}\n`);
}
