/**
 * The command line: reads the arguments, runs one verb, prints its result or its error, and answers with the exit
 * code. Verbs load what they need when they run, so that `--help` loads little more than this.
 */
import yargs, { type Argv } from 'yargs';
import { LOG_FORMATS, LOG_LEVELS } from '../log.ts';
import { toolVersion } from '../version.ts';
import { type GlobalOptions, type Io, VerbContext } from './context.ts';
import { daemonVerb } from './daemon.ts';
import { gcVerb } from './gc.ts';
import { initVerb } from './init.ts';
import { planVerb } from './plan.ts';
import { processIo } from './process-io.ts';
import { serveVerb } from './serve.ts';
import { snapshotsVerb } from './snapshots.ts';
import { statusVerb } from './status.ts';
import { syncVerb } from './sync.ts';
import { checkVerb, explainUsage, refuseRepeated } from './usage.ts';
import type { Action, Verb } from './verb.ts';
import { verifyVerb } from './verify.ts';
import { whyVerb } from './why.ts';

const VERBS: readonly Verb[] = [
  initVerb,
  planVerb,
  syncVerb,
  statusVerb,
  verifyVerb,
  serveVerb,
  whyVerb,
  snapshotsVerb,
  gcVerb,
  daemonVerb,
];

const GLOBAL_FLAGS: Verb['flags'] = {
  config: { type: 'string', requiresArg: true, describe: 'configuration file [./mirror.config.ts]' },
  env: { type: 'string', requiresArg: true, describe: "one of the configuration's environments" },
  json: { type: 'boolean', default: false, describe: 'print one JSON document on stdout' },
  'log-level': {
    choices: LOG_LEVELS,
    default: 'info',
    describe: 'what the log on stderr says',
  },
  'log-format': {
    choices: LOG_FORMATS,
    describe: 'how the log is written [text; daemon: json, unless on a terminal]',
  },
  quiet: { type: 'boolean', default: false, describe: 'no progress, and only warnings in the log' },
};

/** Runs the command line of this process. */
export async function runProcess(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2), processIo());
}

/** Runs one command line; answers with its exit code and never throws. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const json = argv.some((word) => word === '--json' || word === '--json=true');
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
  const program = withVerbs(withGlobals(yargs([...argv]), io), async (verb, args) => {
    // yargs has parsed them by the table above: each has the type that it says there.
    exit = await verb.run(new VerbContext(io, args as unknown as GlobalOptions), args);
  });
  if (!argv.some((word) => word === '--help' || word === '--version')) {
    await checkVerb(wordsOf(argv), VERBS);
  }
  let usage: string | undefined;
  program.fail((message, error) => {
    // What yargs itself finds wrong is a message, or an error of its own.
    if (error && error.name !== 'YError') throw error;
    usage = message ?? error?.message ?? '';
    throw error ?? new Error(usage);
  });
  try {
    await program.parseAsync([...argv], {}, (_error, _args, output) => {
      if (output !== '' && usage === undefined) io.stdout(`${output}\n`);
    });
  } catch (error) {
    if (usage === undefined) throw error;
    throw await explainUsage(usage, argv, flagsOf(wordsOf(argv)));
  }
  return exit;
}

function withGlobals(program: Argv, io: Io): Argv {
  return program
    .scriptName('modferry')
    .usage('$0 <verb>\n\nFerries Go modules into networks that have no internet.')
    .options(GLOBAL_FLAGS)
    .version(toolVersion())
    .help()
    .demandCommand(1, 1)
    .strict()
    .parserConfiguration({
      'boolean-negation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
    })
    .wrap(io.terminal.stdout ? Math.min(110, io.terminal.columns) : 110)
    .exitProcess(false);
}

type Run = (verb: Action, args: Record<string, unknown>) => Promise<void>;

function withVerbs(program: Argv, run: Run): Argv {
  return VERBS.reduce((built, verb) => {
    if (!('actions' in verb)) return withAction(built, verb, run);
    const { name, describe, actions } = verb;
    return built.command(name, describe, (builder: Argv) =>
      actions.reduce((below, action) => withAction(below, action, run), builder).demandCommand(1, 1),
    );
  }, program);
}

function withAction(program: Argv, action: Action, run: Run): Argv {
  const { name, describe, flags, positional } = action;
  const command = positional ? `${name} <${positional.name}>` : name;
  const options = (builder: Argv) =>
    (positional ? builder.positional(positional.name, positional.options) : builder).options(flags);
  return program.command(command, describe, options, (args) => run(action, args));
}

/** The arguments that are neither flags nor the values of flags. */
function wordsOf(argv: readonly string[]): string[] {
  const takesValue = new Set(
    [GLOBAL_FLAGS, ...VERBS.flatMap(flagTables)]
      .flatMap((flags) => Object.entries(flags))
      .flatMap(([name, { type }]) => (type === 'boolean' ? [] : [`--${name}`])),
  );
  return argv.filter((word, index) => !word.startsWith('-') && !takesValue.has(argv[index - 1] ?? ''));
}

function flagTables(verb: Verb): Verb['flags'][] {
  return [verb.flags, ...('actions' in verb ? verb.actions.map(({ flags }) => flags) : [])];
}

function flagsOf([word, action]: readonly string[]): string[] {
  const verb = VERBS.find(({ name }) => name === word);
  const own = verb && 'actions' in verb ? verb.actions.find(({ name }) => name === action) : verb;
  return [GLOBAL_FLAGS, own?.flags ?? {}].flatMap((flags) => Object.keys(flags));
}
