/** What is wrong with a command line, in words: yargs notices, this says it. */
import { ConfigError } from '../errors.ts';
import type { Verb } from './verb.ts';

const SEE_HELP = '`modferry <verb> --help` shows what it takes';

export function usageError(message: string, hint = SEE_HELP): ConfigError {
  return new ConfigError('USAGE', message, { hint });
}

/** Which of two values was meant is not ours to guess, and yargs takes the last one of a flag. */
export function refuseRepeated(argv: readonly string[]): void {
  const seen = new Set<string>();
  for (const word of argv) {
    if (word === '--') return;
    const [, name] = /^--([^=]+)/.exec(word) ?? [];
    if (name === undefined) continue;
    if (seen.has(name)) throw usageError(`--${name} is given twice`);
    seen.add(name);
  }
}

/** `words` are the arguments that are no flags; the first of them must be a verb. */
export async function checkVerb(words: readonly string[], verbs: readonly Verb[]): Promise<void> {
  const [word, action] = words;
  const names = verbs.map(({ name }) => name);
  if (word === undefined) throw usageError('name a verb: modferry --help lists them');
  const verb = verbs.find(({ name }) => name === word);
  if (verb === undefined) throw usageError(`there is no verb '${word}'`, await nearestOf(word, names));
  if (!('actions' in verb)) return;
  const actions = verb.actions.map(({ name }) => name);
  if (action === undefined) throw usageError(`${word}: say what to do: ${actions.join(', ')}`);
  if (!actions.includes(action))
    throw usageError(`there is no '${word} ${action}'`, await nearestOf(action, actions));
}

/** Loaded only where something is wrong. */
async function nearestOf(word: string, names: readonly string[]): Promise<string> {
  const { didYouMean } = await import('../config/explain.ts');
  return didYouMean(word, names);
}

/** Turns the words of yargs into ours; an unknown flag is told with the nearest one that is known. */
export async function explainUsage(
  message: string,
  argv: readonly string[],
  flags: readonly string[],
): Promise<ConfigError> {
  const text = message.replace(/\n\s*/g, ': ').replace(/:: /g, ': ');
  const [, list = ''] = /^Unknown arguments?: (.*)$/.exec(text) ?? [];
  const [unknown = ''] = list.split(', ');
  const flag = argv
    .map((word) => word.replace(/=.*/s, ''))
    .find((word) => word === `--${unknown}` || word === `-${unknown}`);
  if (unknown === '' || flag === undefined) return usageError(lowerFirst(text));
  const { nearest } = await import('../config/explain.ts');
  const near = flag.startsWith('--') ? nearest(unknown, flags) : undefined;
  return usageError(`there is no flag ${flag}`, near === undefined ? undefined : `did you mean '--${near}'?`);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
