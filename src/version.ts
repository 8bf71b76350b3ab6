/** The program's name and version, as in package.json two folders up at most from src/ and dist/. */
import { readFileSync } from 'node:fs';

export const TOOL_NAME = 'modferry';

/** Read when asked for: most verbs never need it. */
export function toolVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
