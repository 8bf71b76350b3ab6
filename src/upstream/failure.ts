/**
 * Why a GET brought no usable file, before anyone knows which module it was for. A failure says whether trying again
 * may help; `toUpstreamError` adds the identity and makes the program's error of it. No failure holds a secret.
 */
import { UpstreamError } from '../errors.ts';
import { redactText } from './redact.ts';

export type FailureCode = Exclude<UpstreamError['code'], 'PRIVATE'>;

export interface FailureDetails {
  /** False for what would fail the same way again. Default: true for UNAVAILABLE and TRUNCATED. */
  readonly retryable?: boolean;
  /** Milliseconds that the server asked us to wait. */
  readonly retryAfter?: number | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

const WHAT: Readonly<Record<FailureCode, string>> = {
  NOT_FOUND: 'not found',
  REJECTED: 'rejected',
  UNAVAILABLE: 'unavailable',
  TRUNCATED: 'truncated',
  TOO_LARGE: 'too large',
  BAD_INFO: 'wrong info',
  BAD_CONTENT: 'wrong content',
};

export class HttpFailure extends Error {
  readonly code: FailureCode;
  readonly detail: string;
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;
  readonly hint: string | undefined;

  constructor(code: FailureCode, detail: string, details: FailureDetails = {}) {
    super(`${WHAT[code]}: ${detail}`, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'HttpFailure';
    this.code = code;
    this.detail = detail;
    this.retryable = details.retryable ?? (code === 'UNAVAILABLE' || code === 'TRUNCATED');
    this.retryAfter = details.retryAfter;
    this.hint = details.hint;
  }

  /** The same failure with a few words more, as ` after 5 tries`. */
  with(suffix: string): HttpFailure {
    return new HttpFailure(this.code, this.detail + suffix, this);
  }
}

/** `identity` begins the message; `module` is the error's module where it is about one. */
export function toUpstreamError(identity: string, failure: HttpFailure, module?: string): UpstreamError {
  const { code, hint, cause } = failure;
  return new UpstreamError(code, `${identity}: ${failure.message}`, { module, hint, cause });
}

/** What undici or the system threw before there was an answer. */
export function networkFailure(error: unknown): HttpFailure {
  const code = errorCode(error);
  if (isCertificateError(code)) {
    const hint = 'if its certificate is from a private authority, give that as ca of the upstream';
    return new HttpFailure('UNAVAILABLE', `its certificate is not trusted (${code})`, {
      retryable: false,
      hint,
      cause: error,
    });
  }
  // undici says so when a request or a proxy's answer can never work, as a proxy that wants a password.
  const retryable = code !== 'UND_ERR_INVALID_ARG';
  return new HttpFailure('UNAVAILABLE', describe(code, error), { retryable, cause: error });
}

/** True for undici's own idle timer on a body: the connection is open, but nothing comes. */
export function isBodyTimeout(error: unknown): boolean {
  return errorCode(error) === 'UND_ERR_BODY_TIMEOUT';
}

function describe(code: string | undefined, error: unknown): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'connection closed before an answer';
    case 'ENOTFOUND':
      return 'no such host';
    case 'EAI_AGAIN':
      return 'the host name cannot be looked up now';
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return 'no connection in time';
    case 'UND_ERR_HEADERS_TIMEOUT':
      return 'no answer in time';
    default: {
      const text = error instanceof Error ? error.message : String(error);
      return redactText(text.replace(/\s+/g, ' ').replace(/\.$/, '')) || code || 'unknown network error';
    }
  }
}

function isCertificateError(code: string | undefined): code is string {
  return code !== undefined && /CERT|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/.test(code);
}

function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
