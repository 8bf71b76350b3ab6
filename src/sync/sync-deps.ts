/** What a sync is given: its options, what it works with, and who watches it. */
import type { Config } from '../config/load.ts';
import type { ZipHasher } from '../modzip/zip-hasher.ts';
import type { Layout } from '../site/layout.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import type { LogSessionDeps, LogSettings } from './log-session.ts';
import type { PublishDeps } from './publish.ts';

export interface SyncOptions {
  /** Publish exactly what the seeds want, instead of adding to what is current. */
  readonly prune: boolean;
  /** Pass the guard against pruning too much. */
  readonly force: boolean;
  /** Publish nothing new when something is missing. */
  readonly strict: boolean;
}

/** What a sync tells whoever shows progress. */
export interface SyncObserver {
  /** So many module versions more are to be fetched. */
  planned(count: number): void;
  moduleDone(): void;
  publishing(): void;
}

/** The checksum database, and where it is asked. */
export interface SyncLog {
  readonly settings: LogSettings;
  readonly server: LogSessionDeps['server'];
}

export interface SyncDeps extends Pick<PublishDeps, 'starterGoMod' | 'writeSbom'> {
  readonly config: Config;
  readonly layout: Layout;
  readonly upstreams: Pick<Upstreams, 'info' | 'mod' | 'zip' | 'list' | 'latest' | 'stats'>;
  /** Undefined where no log judges. */
  readonly sumdb: SyncLog | undefined;
  readonly hasher: ZipHasher;
  readonly now: () => Date;
  readonly log: { info(message: string): void; warn(message: string): void };
  readonly observer: SyncObserver;
  readonly concurrency: number;
  /** Ends the run after the downloads that are under way. */
  readonly stop: AbortSignal;
  /** Ends the downloads too. */
  readonly abort: AbortSignal;
}
