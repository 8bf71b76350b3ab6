/**
 * Which redirects are followed: at most ten, never in a circle, never from https to http, and to the web only.
 * A refusal is final, since the server would say the same again. Source: checkRedirect in cmd/go/internal/web.
 */
import { HttpFailure } from './failure.ts';

const MOST_REDIRECTS = 10;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];

export function isRedirect(status: number): boolean {
  return REDIRECTS.includes(status);
}

/** Where a request has been, and where it is to go next. */
export class RedirectChain {
  readonly #start: string;
  readonly #visited = new Set<string>();
  #url: URL;

  constructor(start: URL) {
    this.#url = start;
    this.#start = start.origin;
    this.#visited.add(start.href);
  }

  get url(): URL {
    return this.#url;
  }

  /** ` after a redirect to <origin>` once we are elsewhere, for messages; else empty. */
  get suffix(): string {
    return this.#url.origin === this.#start ? '' : ` after a redirect to ${this.#url.origin}`;
  }

  /** Moves on to `location`, relative or not, or throws HttpFailure REJECTED. User information in it is ignored. */
  follow(location: string | string[] | undefined): void {
    const next = typeof location === 'string' ? URL.parse(location, this.#url.href) : null;
    if (next === null) throw new HttpFailure('REJECTED', 'a redirect to no URL');
    next.username = '';
    next.password = '';
    next.hash = '';
    this.#check(next);
    this.#visited.add(next.href);
    this.#url = next;
  }

  #check(next: URL): void {
    if (next.protocol !== 'https:' && next.protocol !== 'http:') {
      throw new HttpFailure('REJECTED', 'a redirect to what is neither https nor http');
    }
    if (next.protocol === 'http:' && this.#url.protocol === 'https:') {
      throw new HttpFailure('REJECTED', `a redirect from https to ${next.origin}`);
    }
    if (this.#visited.has(next.href)) throw new HttpFailure('REJECTED', 'a redirect in a circle');
    if (this.#visited.size > MOST_REDIRECTS) {
      throw new HttpFailure('REJECTED', `more than ${MOST_REDIRECTS} redirects`);
    }
  }
}
