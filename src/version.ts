/** The program's name, version and call. package.json stands one folder above src/ and dist/ alike. */
import { readFileSync } from 'node:fs';

export const TOOL_NAME = 'modferry';

/** How a person runs this program from where it is: in a checkout by npm, installed by npx. */
export function ownCommand(): string {
  return import.meta.filename.endsWith('.ts') ? `npm run -s ${TOOL_NAME} --` : `npx ${TOOL_NAME}`;
}

/** Read when asked for: most verbs never need it. */
export function toolVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
