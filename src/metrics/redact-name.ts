/** Names of upstreams and seeds as they may be shown: whoever may scrape need not be one who may know a password. */
import { redactText, redactUrl } from '../upstream/redact.ts';

export function redactName(name: string): string {
  return /^https?:/i.test(name) ? redactUrl(name) : redactText(name);
}
