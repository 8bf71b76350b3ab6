/**
 * Says in one sentence what is wrong with a configuration: the file, the path of the field, and the nearest right
 * name. Of several mistakes an unknown field comes first, since a misspelt one is often missing elsewhere.
 */
import leven from 'leven';
import { z } from 'zod';
import { ConfigError } from '../errors.ts';

type Issue = z.core.$ZodIssue;

/** `schema` is what the value was checked against. */
export function explainIssues(issues: readonly Issue[], schema: z.ZodType, file: string): ConfigError {
  const [first] = issues.map(resolveUnion).sort((a, b) => Number(isUnknown(b)) - Number(isUnknown(a)));
  if (first === undefined) throw new Error('a failed check without an issue');
  const path = pathText(first.path);
  if (first.code === 'unrecognized_keys') {
    const [key = ''] = first.keys;
    const known = fieldsAt(schema, first.path);
    const field = path === '' ? key : `${path}.${key}`;
    return new ConfigError('CONFIG_INVALID', `${file}: ${field}: unknown field`, {
      hint: didYouMean(key, known),
    });
  }
  return new ConfigError('CONFIG_INVALID', `${file}: ${path === '' ? '' : `${path}: `}${wordsOf(first)}`);
}

/** `seeds[0].url`, as it would be written in code. */
function pathText(path: readonly PropertyKey[]): string {
  const parts = path.map((element) => (typeof element === 'number' ? `[${element}]` : `.${String(element)}`));
  return parts.join('').replace(/^\./, '');
}

/** `did you mean 'x'?`, or the whole list where nothing is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? `known are: ${known.join(', ')}` : `did you mean '${near}'?`;
}

/** The name that differs least, if that is little enough for a slip of the hand. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const byDistance = known.map((name) => ({ name, distance: leven(word, name) }));
  const [first] = byDistance.sort((a, b) => a.distance - b.distance);
  return first && first.distance <= Math.max(2, word.length / 3) ? first.name : undefined;
}

/** A union's own message says little: the branch that came nearest to the value says what is wrong with it. */
function resolveUnion(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const branches = issue.errors.filter((branch) => !branch.some((inner) => isWrongType(inner)));
  const [nearest] = branches.toSorted((a, b) => mistakes(a) - mistakes(b));
  const inner = nearest?.find(isUnknown) ?? nearest?.[0];
  if (inner) return resolveUnion({ ...inner, path: [...issue.path, ...inner.path] });
  const shapes = new Set(issue.errors.flat().map(wordsOf));
  return { code: 'custom', path: issue.path, message: [...shapes].join('; or '), input: issue.input };
}

/** A branch for another type of value altogether. */
function isWrongType(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

function isUnknown(issue: Issue): boolean {
  return issue.code === 'unrecognized_keys';
}

function mistakes(branch: readonly Issue[]): number {
  return branch.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
}

function wordsOf({ message }: Issue): string {
  const words = message.replace(/^Invalid input: /, '');
  return words.charAt(0).toLowerCase() + words.slice(1);
}

/** The names of the fields that may stand at a path: walks down the schema as the value does. */
function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let options: unknown[] = [schema];
  for (const element of path) options = options.flatMap((option) => childrenOf(option, element));
  return options
    .flatMap(unwrap)
    .flatMap((option) => (option instanceof z.ZodObject ? Object.keys(option.shape) : []));
}

function childrenOf(schema: unknown, element: PropertyKey): unknown[] {
  return unwrap(schema).flatMap((option) => {
    if (option instanceof z.ZodArray) return [option.element];
    if (option instanceof z.ZodRecord) return [option.valueType];
    if (option instanceof z.ZodObject) return [(option.shape as Record<PropertyKey, unknown>)[element]];
    return [];
  });
}

/** What is behind defaults, optionals and unions. */
function unwrap(schema: unknown): unknown[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(unwrap);
  return [schema];
}
