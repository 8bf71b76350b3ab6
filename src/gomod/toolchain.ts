/**
 * Go toolchains as modules: `golang.org/toolchain@v0.0.1-go1.27.3.linux-amd64` is the toolchain go1.27.3 for one
 * platform. Source: cmd/go/internal/toolchain and cmd/go/internal/gover.
 */
import type { GoMod } from './go-mod.ts';
import { compareGoVersions } from './go-version.ts';
import { type ModulePath, parseModulePath } from './module-path.ts';
import { type ModuleVersion, parseModuleVersion } from './module-version.ts';

export const TOOLCHAIN_MODULE: ModulePath = parseModulePath('golang.org/toolchain');

/** Asked for by `go get toolchain@X` on every platform, for its `.info`. */
export const REFERENCE_PLATFORM = 'linux-amd64';

/** Before it there was no switching of toolchains. */
const FIRST_GO = '1.21';
const NAME = /^go(1\.(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)|rc(?:0|[1-9]\d*)))$/;
const VERSION = /^v0\.0\.1-(go1\.\d+(?:\.\d+|rc\d+)?)\.([a-z0-9]+-[a-z0-9]+)$/;

/** Whether `name` is that of a toolchain that the go command can switch to, as `go1.27.3` or `go1.27rc1`. */
export function isToolchainName(name: string): boolean {
  const [, version] = NAME.exec(name) ?? [];
  return version !== undefined && compareGoVersions(version, FIRST_GO) > 0;
}

/** `name` as `go1.27.3`, `platform` as `linux-amd64`. */
export function toolchainModule(name: string, platform: string): ModuleVersion {
  return parseModuleVersion(TOOLCHAIN_MODULE, `v0.0.1-${name}.${platform}`);
}

/** The inverse; undefined for any other module version. */
export function parseToolchainModule({
  path,
  version,
}: ModuleVersion): { readonly name: string; readonly platform: string } | undefined {
  const [, name, platform] = path === TOOLCHAIN_MODULE ? (VERSION.exec(version) ?? []) : [];
  return name === undefined || platform === undefined ? undefined : { name, platform };
}

/**
 * The toolchain that a main module asks for, exactly: that of its `toolchain` line, unless its `go` line is later;
 * there `go 1.27` means go1.27.0. Undefined where every toolchain that can switch will do, and where the one that is
 * asked for cannot be had from anybody, as `go1.27` or a company's own. Source: Select in cmd/go/internal/toolchain.
 */
export function toolchainOf({
  go = '',
  toolchain = '',
}: Pick<GoMod, 'go' | 'toolchain'>): string | undefined {
  // It says that the go command is not to switch, whatever the `go` line says.
  if (toolchain === 'default') return undefined;
  const name = compareGoVersions(go, versionOf(toolchain)) > 0 ? `go${released(go)}` : toolchain;
  return isToolchainName(name) ? name : undefined;
}

/** `1.27.3` of `go1.27.3` and of `go1.27.3-corp`. Source: FromToolchain in cmd/go/internal/gover. */
function versionOf(toolchain: string): string {
  return toolchain.replace(/^go/, '').replace(/[- \t].*$/s, '');
}

/** The first release of a language version. */
function released(version: string): string {
  return /^1\.\d+$/.test(version) ? `${version}.0` : version;
}
