/** Where everything lies below a mirror's folder. Pure; the layout is described in docs/architecture.md. */
import { join } from 'node:path';

export interface Layout {
  readonly mirror: string;
  /** What a file server hosts. */
  readonly public: string;
  readonly snapshots: string;
  /** The link that says which snapshot is current. */
  readonly current: string;
  /** The checksum databases, of all snapshots together: `public/sumdb`, or where that leads. */
  readonly sumdb: string;
  readonly pool: string;
  /** Where files of a log are written before they get their names: on its file system. */
  readonly logStaging: string;
  /** Proved tiles of checksum databases. No module path begins with `sumdb`: its first element has a dot. */
  readonly keptTiles: string;
  readonly staging: string;
  readonly quarantine: string;
  /** Copies of what snapshots say of themselves. */
  readonly about: string;
  readonly seeds: string;
  readonly stateDb: string;
  /** Which snapshots are to be kept. */
  readonly pins: string;
  /** Room that is kept back on the disk; see reserve.ts. */
  readonly reserve: string;
}

/** Below a GOPROXY, where the go command looks for checksum databases. */
export const SUMDB = 'sumdb';
/** What a snapshot's link of that name leads to. */
export const SUMDB_LINK = `../../${SUMDB}`;

/** `sharedLog`: where the checksum databases lie if not below `public/`, absolute. */
export function layoutOf(mirror: string, sharedLog?: string): Layout {
  const at = (...names: string[]) => join(mirror, ...names);
  return {
    mirror,
    public: at('public'),
    snapshots: at('public', 'snapshots'),
    current: at('public', 'current'),
    sumdb: sharedLog ?? at('public', SUMDB),
    pool: at('pool'),
    logStaging: sharedLog ? join(sharedLog, '.staging') : at('staging'),
    keptTiles: at('pool', SUMDB),
    staging: at('staging'),
    quarantine: at('quarantine'),
    about: at('about'),
    seeds: at('seeds'),
    stateDb: at('state.db'),
    pins: at('pins.json'),
    reserve: at('reserve'),
  };
}

/** A snapshot's own files, which are about it and not of the GOPROXY protocol. No module path begins with `_`. */
export const ABOUT = '_mirror';
export const MANIFEST = `${ABOUT}/snapshot.json`;
export const SHA256SUMS = `${ABOUT}/SHA256SUMS`;
export const SBOM = `${ABOUT}/bom.cdx.json`;
export const STARTER_GOMOD = `${ABOUT}/go.mod`;
