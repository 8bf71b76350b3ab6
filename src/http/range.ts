/** `Range: bytes=…` of RFC 9110, of one part only: a client that resumes a download asks for no more. */

/** Both ends belong to it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Undefined where it is to be ignored, as the RFC has it: another unit, several parts, or not well formed. */
export function parseRange(header: string, size: number): Span | 'unsatisfiable' | undefined {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header.trim()) ?? [];
  if (from === '' && to === '') return undefined;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(from);
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
}
