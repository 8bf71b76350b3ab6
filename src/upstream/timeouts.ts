/**
 * How long a request may take, and how slow a body may be. Together these end every request, whatever the other
 * side does.
 */

/** Times in milliseconds. */
export interface Timeouts {
  /** To set up a connection, TLS included. */
  readonly connect: number;
  /** Without a byte: before the headers, and between two pieces of the body. */
  readonly idle: number;
  /** One try of one file, its redirects included. */
  readonly total: number;
  /**
   * Bytes a second that the bodies under way must bring together: each has to bring its share of it in every
   * `rateWindow`. Sharing it lets a narrow line carry many downloads at once, and still ends one that drips.
   */
  readonly minRate: number;
  /** A body that ends within its first window is never judged by its rate. */
  readonly rateWindow: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  connect: 10_000,
  idle: 30_000,
  total: 30 * 60_000,
  minRate: 100_000,
  rateWindow: 15_000,
};

/** What is given, and the default for what is not. */
export function withDefaults(given: Partial<Timeouts> | undefined): Timeouts {
  return {
    connect: given?.connect ?? DEFAULT_TIMEOUTS.connect,
    idle: given?.idle ?? DEFAULT_TIMEOUTS.idle,
    total: given?.total ?? DEFAULT_TIMEOUTS.total,
    minRate: given?.minRate ?? DEFAULT_TIMEOUTS.minRate,
    rateWindow: given?.rateWindow ?? DEFAULT_TIMEOUTS.rateWindow,
  };
}
