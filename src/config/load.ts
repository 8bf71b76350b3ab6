/**
 * Finds and reads the configuration. A `.ts` or `.js` file is imported by Node itself, wherever it lies:
 * `import 'modferry'` in it means this program, so it works in a checkout without a build, beside an installed
 * package, in a folder whose package.json says commonjs, and with no node_modules at all.
 */
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, MirrorError } from '../errors.ts';
import { defaultConfigs, ENDINGS } from './names.ts';
import { parseSettings, type Settings } from './schema.ts';

export interface Config extends Settings {
  /** The configuration file, absolute. */
  readonly file: string;
  /** The folder that relative paths start from, absolute. */
  readonly base: string;
}

/** Reads `file`, or the first `mirror.config.*` in `cwd`. `mirror` in the answer is absolute. */
export async function loadConfig(cwd: string, file?: string, environment?: string): Promise<Config> {
  const path = file === undefined ? findDefault(cwd) : resolve(cwd, file);
  if (!existsSync(path)) throw notFound(file ?? path);
  const value = extname(path) === '.json' ? readJson(path) : await importDefault(path);
  const settings = parseSettings(value, path, environment);
  const base = dirname(path);
  return { ...settings, mirror: resolve(base, settings.mirror), file: path, base };
}

function findDefault(cwd: string): string {
  const found = defaultConfigs(cwd).find((path) => existsSync(path));
  if (found === undefined) throw notFound(resolve(cwd, 'mirror.config.ts'));
  return found;
}

function notFound(path: string): ConfigError {
  return new ConfigError('CONFIG_NOT_FOUND', `${path}: there is no such configuration file`, {
    hint: 'write one with `modferry init`, or name another with --config',
  });
}

function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(
      'CONFIG_INVALID',
      `${path}: is no JSON: ${withoutQuotation(messageOf(cause), text)}`,
    );
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError('CONFIG_INVALID', `${path}: cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Where V8 gives no position it shows the text around the mistake, as `…"word": s3cret"… is not valid JSON`. That may
 * be a secret: the number of its line takes its place.
 */
function withoutQuotation(message: string, text: string): string {
  const [, what, quoted = ''] = /^(.*?), (?:\.{3})?"(.*)"(?:\.{3})? is not valid JSON$/s.exec(message) ?? [];
  if (what === undefined) return message;
  const at = text.indexOf(quoted);
  return at < 0 ? what : `${what} near line ${text.slice(0, at).split('\n').length}`;
}

async function importDefault(path: string): Promise<unknown> {
  if (!ENDINGS.includes(extname(path))) {
    throw new ConfigError('CONFIG_INVALID', `${path}: a configuration ends in ${ENDINGS.join(', ')}`);
  }
  const imported = await importHooked(path);
  if (imported.default === undefined) {
    throw new ConfigError('CONFIG_INVALID', `${path}: has no default export`, {
      hint: "write `export default defineConfig({ … })` with `import { defineConfig } from 'modferry'`",
    });
  }
  return imported.default;
}

/** Node never reads a module twice: each further reading of a file has a name of its own. */
const readings = new Map<string, number>();

async function importHooked(path: string): Promise<{ default?: unknown }> {
  const count = readings.get(path) ?? 0;
  readings.set(path, count + 1);
  const url = `${pathToFileURL(path).href}${count === 0 ? '' : `?v=${count}`}`;
  const format = /\.m?ts$/.test(path) ? 'module-typescript' : 'module';
  const own = new URL(`../index${extname(import.meta.filename)}`, import.meta.url).href;
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === 'modferry') return { url: own, shortCircuit: true };
      if (specifier === url) return { url, format, shortCircuit: true };
      return next(specifier, context);
    },
  });
  try {
    return (await import(url)) as { default?: unknown };
  } catch (cause) {
    if (cause instanceof MirrorError) throw cause;
    throw new ConfigError('CONFIG_INVALID', `${path}: cannot be loaded: ${messageOf(cause)}`, { cause });
  } finally {
    hooks.deregister();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
