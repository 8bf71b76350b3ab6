/** What a configuration file imports from 'modferry'. */
import { ConfigError } from '../errors.ts';
import type { UserConfig } from './schema.ts';

/**
 * Gives a configuration its type, so that an editor completes and checks it.
 *
 * @example
 * export default defineConfig({ mirror: './mirror', seeds: ['./projects'] });
 */
export function defineConfig(config: UserConfig): UserConfig {
  return config;
}

/**
 * The value of an environment variable, for secrets that do not belong in a file.
 *
 * @param fallback taken where the variable is not set; without one that is an error
 * @throws ConfigError CONFIG_INVALID naming the variable
 */
export function env(name: string, fallback?: string): string {
  const value = process.env[name] ?? fallback;
  if (value !== undefined) return value;
  throw new ConfigError('CONFIG_INVALID', `the configuration needs the environment variable ${name}`, {
    hint: `set ${name}, or give a fallback: env('${name}', '…')`,
  });
}
