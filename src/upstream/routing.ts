/**
 * Who may be asked for a module, and in which order. It is the promise that a private module's name reaches no public
 * server, so it is decided here alone, without any I/O, before there is a request.
 */
import { UpstreamError } from '../errors.ts';
import { matchesPatterns, type Pattern } from '../gomod/pattern.ts';
import type { UpstreamEntry } from './proxy-list.ts';

/** What routing looks at. */
export interface Routable {
  readonly entry: Pick<UpstreamEntry, 'name' | 'only' | 'except'>;
}

/** What is asked for: with no module, it concerns all of them. */
export interface RouteSubject {
  readonly subject: string;
  readonly file: string;
  readonly modulePath: string | undefined;
}

export interface RouteOptions {
  /** Patterns of modules that go only to an upstream whose `only` names them. */
  readonly privatePatterns: readonly Pattern[];
  /** Name of the upstream to ask last. */
  readonly avoid?: string | undefined;
}

/**
 * The upstreams that may be asked, in order; with no module, those that are for every module. Never empty: throws
 * UpstreamError PRIVATE.
 */
export function routeModule<T extends Routable>(
  upstreams: readonly T[],
  asked: RouteSubject,
  { privatePatterns, avoid }: RouteOptions,
): readonly T[] {
  const { modulePath } = asked;
  const isPrivate = modulePath !== undefined && matchesPatterns(privatePatterns, modulePath);
  const allowed = upstreams.filter((upstream) => mayAsk(upstream, modulePath, isPrivate));
  if (allowed.length === 0) throw noUpstream(asked, isPrivate);
  const first = allowed.filter(({ entry }) => entry.name !== avoid);
  const last = allowed.filter(({ entry }) => entry.name === avoid);
  return [...first, ...last];
}

function mayAsk({ entry }: Routable, modulePath: string | undefined, isPrivate: boolean): boolean {
  const { only, except } = entry;
  if (modulePath === undefined) return only === undefined;
  if (except !== undefined && matchesPatterns(except, modulePath)) return false;
  if (only === undefined) return !isPrivate;
  return matchesPatterns(only, modulePath);
}

function noUpstream({ subject, file, modulePath }: RouteSubject, isPrivate: boolean): UpstreamError {
  const reason = isPrivate
    ? 'private: no upstream names it in only'
    : 'no upstream: only and except leave none';
  const pattern = modulePath?.replace(/\/.*/, '/*');
  const hint = pattern && `give an upstream with only: ['${pattern}'] for it`;
  return new UpstreamError('PRIVATE', `${subject}: ${file}: ${reason}`, {
    module: modulePath && subject,
    hint,
  });
}
