/**
 * What an answer that is not the file means: 404 and 410 are "not found"; 5xx, 408 and 429 are "later"; all else is a
 * refusal. A refusal's line of plain text is passed on, since real servers say there what they withhold.
 */
import type { Answer } from './exchange.ts';
import { HttpFailure } from './failure.ts';
import { hideSecrets, redactText } from './redact.ts';
import { parseRetryAfter } from './retry.ts';

/** Characters of a server's explanation that are shown. */
const EXPLANATION_LENGTH = 200;

/** `now` is for a Retry-After that is a date, in milliseconds; `secrets` are what the request held of them. */
export function statusFailure(
  { status, headers, start }: Answer,
  now: number,
  secrets: readonly string[],
): HttpFailure {
  if (status === 404 || status === 410) return new HttpFailure('NOT_FOUND', `${status}`);
  if (status >= 500 || status === 429 || status === 408) {
    return new HttpFailure('UNAVAILABLE', `${status}`, {
      retryAfter: parseRetryAfter(headers['retry-after'], now),
    });
  }
  // Some cache on the way has kept a piece and takes it for the file: it may know better the next time.
  if (status === 206)
    return new HttpFailure('REJECTED', '206: a part that was not asked for', { retryable: true });
  const isPlainText = /^text\/plain\b/i.test(headers['content-type'] ?? '');
  const explanation = isPlainText
    ? hideSecrets(redactText(firstLine(start)), secrets).slice(0, EXPLANATION_LENGTH)
    : '';
  return new HttpFailure('REJECTED', explanation === '' ? `${status}` : `${status}: ${explanation}`);
}

/** The first line that is not empty, without control characters. The server controls every byte of it. */
function firstLine(bytes: Buffer): string {
  const lines = bytes.toString('utf8').split(/[\r\n]+/);
  const line = lines.find((text) => text.trim() !== '') ?? '';
  return line.replace(/\p{C}/gu, '').trim();
}
