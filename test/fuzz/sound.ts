/** What every campaign must show beyond its own judge. */
import { expect } from 'vitest';
import type { FuzzRow } from './campaign.ts';

const MEGABYTES = 512;

/** The process never had more memory than that; and a campaign of which nothing passes, or everything, tests little. */
export function expectSound({ accepted, refused, peakMegabytes }: FuzzRow): void {
  expect(peakMegabytes).toBeLessThan(MEGABYTES);
  // One input alone may do either.
  if (process.env.FUZZ_ONLY === undefined) expect(Math.min(accepted, refused)).toBeGreaterThan(0);
}
