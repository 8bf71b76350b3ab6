/** What every campaign must show beyond its own judge. */
import { expect } from 'vitest';
import type { FuzzRow } from './campaign.ts';

const MEGABYTES = 512;
const FEW = 100;

/** The process never had more memory than that; and a campaign of which nothing passes, or everything, tests little. */
export function expectSound({ inputs, accepted, refused, peakMegabytes }: FuzzRow): void {
  expect(peakMegabytes).toBeLessThan(MEGABYTES);
  // A few inputs may all do the same.
  if (inputs >= FEW) expect(Math.min(accepted, refused)).toBeGreaterThan(0);
}
