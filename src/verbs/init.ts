/** `init`: writes a configuration to start from. */
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { defaultConfigs } from '../config/names.ts';
import { ConfigError } from '../errors.ts';
import { EXIT } from './exit.ts';
import type { Verb } from './verb.ts';

export const initVerb: Verb = {
  name: 'init',
  describe: 'write a commented mirror.config.ts, never over an existing one',
  flags: {},
  run: async (context) => {
    const named = context.options.config;
    const path = resolve(context.io.cwd, named ?? 'mirror.config.ts');
    if (!/\.m?[tj]s$/.test(path))
      throw new ConfigError('USAGE', `${path}: init writes .ts, .mts, .js or .mjs`);
    if (!existsSync(dirname(path))) throw new ConfigError('USAGE', `${path}: there is no such folder`);
    const there = (named === undefined ? defaultConfigs(context.io.cwd) : [path]).find((one) =>
      existsSync(one),
    );
    if (there !== undefined) {
      throw new ConfigError(
        'USAGE',
        `${there}: is there already, and init never writes over a configuration`,
        {
          hint: 'name another file with --config, or move that one away',
        },
      );
    }
    writeFileSync(path, TEMPLATE, { flag: 'wx' });
    context.print(
      { file: path },
      () => `wrote ${path}\nname your go.sum files in it, then run: modferry plan\n`,
    );
    return EXIT.done;
  },
};

const TEMPLATE = `import { defineConfig } from 'modferry';

// Relative paths start from this file's folder. Every field is described in the README.
export default defineConfig({
  // Where the mirror lives; a file server hosts its folder public/, and GOPROXY is http://<host>/current.
  mirror: './mirror',

  // The go.sum and go.work.sum files to serve: files, folders that are searched, globs,
  // or { url: 'https://git.corp.example/app/raw/go.sum' }. Needed. Also tools, as
  // { module: 'golang.org/x/tools/gopls', version: 'latest' }, and toolchains, as { toolchain: 'from-seeds' }.
  seeds: ['.'],

  // Where modules come from, in GOPROXY syntax. Default: GOPROXY, else 'go env GOPROXY', else https://goproxy.cn.
  // upstream: 'https://goproxy.cn',

  // The checksum database that judges, in GOSUMDB syntax. Default: GOSUMDB, else sum.golang.org; 'off' to do without.
  // sumdb: 'sum.golang.org',

  // Modules that no public upstream, and no checksum database, may hear of; give them an upstream of their own with only: ['corp.example/*'].
  // private: ['corp.example/*'],

  // When \`modferry daemon\` syncs, and what it keeps of old snapshots. cron or a systemd timer do as well: docs/operations.
  // schedule: '17 2 * * *',
  // keep: { snapshots: 30, days: 90 },

  // Gaps that are known: they no longer make a run incomplete. A wrong hash is never accepted.
  // accept: [{ module: 'example.com/gone', version: 'v1.0.0', reason: 'withdrawn by its author', until: '2027-06-30' }],
});
`;
