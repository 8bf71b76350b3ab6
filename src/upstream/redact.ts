/**
 * URLs as they may be shown: without user name, password, query and fragment, any of which may hold a secret. Every
 * URL that goes into a message, the ledger or the log passes through here first.
 */

/** `https://host/path`, without a trailing slash; `(invalid URL)` for what is no URL, since it may be a secret. */
export function redactUrl(url: string | URL): string {
  const parsed = typeof url === 'string' ? URL.parse(url) : url;
  if (parsed === null) return '(invalid URL)';
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}`.replace(/\/+$/, '');
}

/** A text of someone else's, such as a network error's, with user information and query of every URL in it removed. */
export function redactText(text: string): string {
  return text.replace(/\/\/[^/\s]*@/g, '//').replace(/(\/\/[^\s?#]*)[?#]\S*?(?=:?(?:\s|$))/g, '$1');
}

/** Shorter than this, a secret is no secret, and its letters stand in every text. */
const SHORTEST_SECRET = 4;

/** A text of a server's, which may repeat what we sent it, with each of these left out. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const known = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  return known
    .toSorted((a, b) => b.length - a.length)
    .reduce((left, secret) => left.replaceAll(secret, '…'), text);
}
