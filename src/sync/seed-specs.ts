/** Seeds by module and toolchain, as the configuration writes them. Only the checksum database can judge them. */
import type { Config } from '../config/load.ts';
import { ConfigError, ModuleError } from '../errors.ts';
import { type ModulePath, parseModulePath } from '../gomod/module-path.ts';
import { withVersion } from '../gomod/module-version.ts';
import { isToolchainName } from '../gomod/toolchain.ts';
import type { Version } from '../gomod/version.ts';

/** A module with all that the go.sum in its own zip names. */
export interface ModuleSeed {
  /** As `example.com/m@latest`, or with its version. */
  readonly source: string;
  readonly path: ModulePath;
  readonly version: Version | 'latest';
}

export interface ToolchainSeed {
  /** As `toolchain go1.27.3`, or `toolchain from-seeds`. */
  readonly source: string;
  /** As `go1.27.3`, or `from-seeds`: what the go.mod files of the other seeds ask for. */
  readonly name: string;
  /** As `linux-amd64`. */
  readonly platforms: readonly string[];
}

export interface SeedSpecs {
  readonly modules: readonly ModuleSeed[];
  readonly toolchains: readonly ToolchainSeed[];
}

/** Throws ConfigError CONFIG_INVALID with the field. The same seed twice is one. */
export function readSeedSpecs(config: Config, hasLog: boolean): SeedSpecs {
  const modules = new Map<string, ModuleSeed>();
  const toolchains: ToolchainSeed[] = [];
  for (const [index, spec] of config.seeds.entries()) {
    if (typeof spec === 'string' || 'url' in spec) continue;
    const field = `${config.file}: seeds[${index}]`;
    if (!hasLog) throw needsLog(field);
    if ('module' in spec) {
      const seed = moduleSeed(spec, field);
      modules.set(seed.source, seed);
    } else toolchains.push(toolchainSeed(spec, field));
  }
  return { modules: [...modules.values()], toolchains };
}

function moduleSeed({ module, version }: { module: string; version: string }, field: string): ModuleSeed {
  try {
    const path = parseModulePath(module);
    const wanted = version === 'latest' ? version : withVersion(path, version).version;
    return { source: `${path}@${wanted}`, path, version: wanted };
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    throw new ConfigError('CONFIG_INVALID', `${field}: ${error.message}`, {
      cause: error,
      hint: "a version is written as v1.2.3, or 'latest'",
    });
  }
}

function toolchainSeed(
  { toolchain, platforms }: { toolchain: string; platforms: readonly string[] },
  field: string,
): ToolchainSeed {
  if (toolchain === 'from-seeds' || isToolchainName(toolchain)) {
    return { source: `toolchain ${toolchain}`, name: toolchain, platforms: [...new Set(platforms)].sort() };
  }
  throw new ConfigError('CONFIG_INVALID', `${field}.toolchain: '${toolchain}' is no toolchain`, {
    hint: "write it as go1.27.3 (from go1.21.0 on), or 'from-seeds'",
  });
}

function needsLog(field: string): ConfigError {
  return new ConfigError(
    'CONFIG_INVALID',
    `${field}: a seed by module or toolchain needs the checksum database, and sumdb is 'off'`,
    { hint: 'leave sumdb to its default, or name go.sum files, by path or by url' },
  );
}
