/**
 * The command line: reads the arguments, runs one verb, prints its result or its error, and answers with the exit
 * code. Verbs load what they need when they run, so that `--help` loads little more than this.
 */
import yargs, { type Argv } from 'yargs';
import { MirrorError } from '../errors.ts';
import { toolVersion } from '../version.ts';
import { type GlobalOptions, type Io, VerbContext } from './context.ts';
import { initVerb } from './init.ts';
import { planVerb } from './plan.ts';
import { processIo } from './process-io.ts';
import { serveVerb } from './serve.ts';
import { statusVerb } from './status.ts';
import { syncVerb } from './sync.ts';
import type { Verb } from './verb.ts';
import { verifyVerb } from './verify.ts';
import { whyVerb } from './why.ts';

const VERBS: readonly Verb[] = [initVerb, planVerb, syncVerb, statusVerb, verifyVerb, serveVerb, whyVerb];

/** Runs the command line of this process. */
export async function runProcess(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2), processIo());
}

/** Runs one command line; answers with its exit code and never throws. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const json = argv.includes('--json');
  try {
    return await parseAndRun(argv, io);
  } catch (error) {
    const { printError } = await import('./print-error.ts');
    return printError(error, io, json);
  }
}

async function parseAndRun(argv: readonly string[], io: Io): Promise<number> {
  refuseRepeated(argv);
  let exit = 0;
  let program = globalOptions(yargs([...argv]), io);
  for (const verb of VERBS) {
    program = program.command(
      verb.command,
      verb.describe,
      (builder) => verb.options(builder),
      async (args) => {
        exit = await verb.run(new VerbContext(io, args as unknown as GlobalOptions), args);
      },
    );
  }
  await program.parseAsync([...argv], {}, (error, _args, output) => {
    if (error) throw error;
    if (output !== '') io.stdout(`${output}\n`);
  });
  return exit;
}

function globalOptions(program: Argv, io: Io): Argv {
  return program
    .scriptName('modferry')
    .usage('$0 <verb>\n\nFerries Go modules into networks that have no internet.')
    .option('config', {
      type: 'string',
      requiresArg: true,
      describe: 'configuration file [./mirror.config.ts]',
    })
    .option('env', { type: 'string', requiresArg: true, describe: "one of the configuration's environments" })
    .option('json', { type: 'boolean', default: false, describe: 'print one JSON document on stdout' })
    .option('log-level', {
      choices: ['debug', 'info', 'warn', 'error', 'silent'] as const,
      default: 'info',
      describe: 'what the log on stderr says',
    })
    .option('quiet', {
      type: 'boolean',
      default: false,
      describe: 'no progress, and only warnings in the log',
    })
    .version(toolVersion())
    .help()
    .demandCommand(1, 1, 'name a verb: modferry --help lists them')
    .recommendCommands()
    .strict()
    .parserConfiguration({ 'boolean-negation': false, 'duplicate-arguments-array': true })
    .wrap(io.terminal.stdout ? Math.min(110, io.terminal.columns) : 110)
    .exitProcess(false)
    .fail((message, error) => {
      if (error instanceof MirrorError) throw error;
      if (error && !message) throw error;
      throw usageError(message ?? String(error));
    });
}

/** Which of two values was meant is not ours to guess, and yargs takes the last one of a flag. */
function refuseRepeated(argv: readonly string[]): void {
  const seen = new Set<string>();
  for (const word of argv) {
    if (word === '--') return;
    const [, name] = /^--([^=]+)/.exec(word) ?? [];
    if (name === undefined) continue;
    if (seen.has(name)) throw usageError(`--${name} is given twice`);
    seen.add(name);
  }
}

function usageError(message: string): MirrorError {
  const [text = ''] = message.split('\n');
  return new MirrorError(
    'USAGE',
    message.replace(/\n/g, ': ').replace(/^./, (first) => first.toLowerCase()) || text,
    {
      hint: '`modferry <verb> --help` shows what it takes',
    },
  );
}
