/**
 * Loads configurations in a process of its own, where nothing stands between Node and the files: reads the requests
 * as JSON from stdin, prints what came of each. The loader is named by its path, so that a build can be tried too.
 */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { loadConfig } from '../../src/config/load.ts';
import type { MirrorError } from '../../src/errors.ts';

export interface LoadRequest {
  readonly cwd: string;
  readonly file?: string;
  readonly environment?: string;
}

export interface LoadAnswer {
  /** The settings with `file` and `base`. */
  readonly config?: Record<string, unknown>;
  readonly error?: {
    readonly name: string;
    readonly code?: string;
    readonly message: string;
    readonly hint?: string;
  };
}

const loader = process.argv[2] ?? '';
// It is config/load.ts of a checkout or config/load.js of a build: both export this.
const { loadConfig: load } = (await import(pathToFileURL(loader).href)) as { loadConfig: typeof loadConfig };
const requests = JSON.parse(readFileSync(0, 'utf8')) as LoadRequest[];
const answers: LoadAnswer[] = [];
for (const { cwd, file, environment } of requests) answers.push(await answer(cwd, file, environment));
process.stdout.write(JSON.stringify(answers));

async function answer(cwd: string, file?: string, environment?: string): Promise<LoadAnswer> {
  try {
    return { config: { ...(await load(cwd, file, environment)) } };
  } catch (error) {
    // A build has classes of its own, so `instanceof` says nothing here; the fields are the same.
    const { name, code, message, hint } = error as MirrorError;
    return { error: { name, code, message, ...(hint === undefined ? {} : { hint }) } };
  }
}
