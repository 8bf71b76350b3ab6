/** The programs that the benchmark runs, each with an environment that holds no more than it needs. */
import { fileURLToPath } from 'node:url';
import type { Command } from './measure.ts';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** modferry from its sources, as an operator in a checkout runs it. */
export function modferry(args: readonly string[], env: NodeJS.ProcessEnv = plainEnv()): Command {
  return { program: process.execPath, args: [`${REPOSITORY}src/cli/main.ts`, ...args], env, cwd: REPOSITORY };
}

/** The go command with a module cache of its own, outside any module; writable, so that it can be removed. */
export function go(args: readonly string[], modCache: string, env: NodeJS.ProcessEnv = plainEnv()): Command {
  const own = {
    GOMODCACHE: modCache,
    GOFLAGS: '-modcacherw',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
    GOSUMDB: 'off',
  };
  return { program: 'go', args, env: { ...env, ...own }, cwd: '/' };
}

/** Without proxies, Node options and the settings of Go. */
export function plainEnv(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }), GOENV: 'off' };
}
