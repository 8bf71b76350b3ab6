/** The names that a configuration has where none is given, in the order in which they are looked for. */
import { resolve } from 'node:path';

export const ENDINGS: readonly string[] = ['.ts', '.mts', '.js', '.mjs', '.json'];

export function defaultConfigs(folder: string): string[] {
  return ENDINGS.map((ending) => resolve(folder, `mirror.config${ending}`));
}
