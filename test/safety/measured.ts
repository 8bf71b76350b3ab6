/**
 * Does one thing in a process of its own, where the most memory it ever had is its own too, and prints what came of it
 * as JSON: `verb <folder> <words…>` runs the command line there, `zip <file>` checks a zip as example.com/m@v1.0.0.
 */
import { existsSync, readFileSync } from 'node:fs';
import { MirrorError } from '../../src/errors.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { checkModuleZip } from '../../src/modzip/check.ts';
import { main } from '../../src/verbs/main.ts';

export interface Measured {
  /** The document of the verb, the facts of the zip, or the message of its refusal. */
  readonly result: unknown;
  readonly peakMegabytes: number;
}

const [what, place = '', ...words] = process.argv.slice(2);
const result = what === 'verb' ? await runVerb(place, words) : checkZip(place);
const peakMegabytes = Math.round(peakKilobytes() / 1024);
process.stdout.write(JSON.stringify({ result, peakMegabytes } satisfies Measured));

/** Linux counts in `maxRSS` what the process was before it began this program, a copy of the one that started it. */
function peakKilobytes(): number {
  if (!existsSync('/proc/self/status')) return process.resourceUsage().maxRSS;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

async function runVerb(cwd: string, argv: readonly string[]): Promise<unknown> {
  let out = '';
  const exit = await main([...argv, '--json'], {
    cwd,
    env: { HOME: cwd, PATH: '' },
    stdout: (text) => {
      out += text;
    },
    stderr: () => {},
    terminal: { stdout: false, stderr: false, columns: 80 },
    onSignal: () => () => {},
  });
  return { exit, ...(JSON.parse(out) as object) };
}

function checkZip(file: string): unknown {
  try {
    return checkModuleZip(file, parseModuleVersion('example.com/m', 'v1.0.0'));
  } catch (error) {
    if (error instanceof MirrorError) return error.message;
    throw error;
  }
}
