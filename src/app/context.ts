/** What every use case is given, and the ledger for reading. */
import { resolve } from 'node:path';
import type { Config } from '../config/load.ts';
import { ConfigError, ModuleError } from '../errors.ts';
import { parseModuleVersion } from '../gomod/module-version.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { type Layout, layoutOf } from '../site/layout.ts';
import { asStateError } from '../store/open.ts';
import { Store } from '../store/store.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface AppContext {
  readonly config: Config;
  readonly env: Environment;
  readonly log: Log;
  /** Counts what goes over the wire, where somebody watches. */
  readonly figures?: Pick<Metrics, 'exchange' | 'retry'> | undefined;
}

/** Where everything of a mirror lies. */
export function layoutOfConfig({ mirror, sumdb, base }: Config): Layout {
  const folder = typeof sumdb === 'object' ? sumdb.folder : undefined;
  return layoutOf(mirror, folder === undefined ? undefined : resolve(base, folder));
}

/** Opens the ledger for reading; `use` gets undefined where no sync has made one. */
export async function withStore<T>(
  config: Config,
  use: (store: Store | undefined) => Promise<T>,
): Promise<T> {
  const file = layoutOfConfig(config).stateDb;
  const store = Store.forReading(file);
  try {
    return await use(store);
  } catch (error) {
    throw asStateError(error, file);
  } finally {
    store?.close();
  }
}

/** An entry of `accept` that can match nothing is a mistake. */
export function checkAccept({ accept, file }: Config): void {
  for (const [index, { module, version }] of accept.entries()) {
    try {
      parseModuleVersion(module, version);
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error;
      throw new ConfigError('CONFIG_INVALID', `${file}: accept[${index}]: ${error.message}`, {
        cause: error,
      });
    }
  }
}

/** What the configuration asks for and this version does not do is refused, never left out in silence. */
export function refuseUnbuilt(config: Config): void {
  const refuse = (field: string, allowed: string) =>
    new ConfigError('CONFIG_INVALID', `${config.file}: ${field}: this version has only ${allowed}`);
  if (config.policy !== undefined) throw refuse('policy', 'no policy check');
  if (config.sbom.sign !== undefined) throw refuse('sbom.sign', 'unsigned SBOMs');
}
