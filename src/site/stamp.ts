/** A time as part of a name: to the second, in UTC, so that names sort by age. Pure. */
export function stamp(at: Date): string {
  return at.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
}
