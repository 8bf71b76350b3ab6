/**
 * Whether a build from one go.sum works inside the gap. Judged line by line by what the current snapshot serves: a
 * file that other seeds dispute is fine for the seed whose hash it has.
 */
import type { ModuleFile } from '../gomod/artifact.ts';
import type { H1 } from '../gomod/h1.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { requiredModules } from '../gomod/requirements.ts';
import type { SeedReport } from '../sync/report.ts';
import { type Seed, wantsOf } from '../sync/seed-texts.ts';
import { type CommandStatus, commandsOf } from './seed-commands.ts';

export interface SeedStatus extends SeedReport {
  /** Whether `go build` and `go test` work: every zip and go.mod that the file names is served with its hash. */
  readonly builds: boolean;
  /** What is not served, as `module@version file`. */
  readonly lacking: readonly string[];
  /** Modules that the go.mod beside it requires and whose zip no line names: `go mod download` asks for them. */
  readonly downloadLacks: readonly string[];
  /** Which go commands work, and what the others would not find. */
  readonly commands: readonly CommandStatus[];
  readonly warnings: readonly string[];
}

/** The files of a module version that a client can get, with the h1 of each that has one. */
export type Served = (mv: ModuleVersion) => ReadonlyMap<ModuleFile, { readonly h1: H1 | null }>;

export function seedStatus(seed: Seed, report: SeedReport, served: Served): SeedStatus {
  const lacking = [...lackingFiles(seed, served)];
  return {
    ...report,
    builds: lacking.every(({ file }) => file === 'info'),
    lacking: lacking.map(({ name, file }) => `${name} ${file}`),
    downloadLacks: downloadLacks(seed, served),
    commands: commandsOf(seed, lacking, served),
    warnings: seed.warnings ?? [],
  };
}

function* lackingFiles(seed: Seed, served: Served): Generator<{ name: string; file: ModuleFile }> {
  const wanted = new Map<string, { mv: ModuleVersion; hashes: Map<ModuleFile, H1 | undefined> }>();
  for (const { mv, file, h1 } of wantsOf(seed)) {
    const name = formatModuleVersion(mv);
    const entry = wanted.get(name) ?? { mv, hashes: new Map<ModuleFile, H1 | undefined>() };
    wanted.set(name, entry);
    entry.hashes.set(file, h1 ?? entry.hashes.get(file));
  }
  for (const [name, { mv, hashes }] of wanted) {
    const files = served(mv);
    for (const file of ['zip', 'mod', 'info'] as const) {
      const h1 = hashes.get(file);
      if (file === 'zip' && !hashes.has(file)) continue;
      if (h1 === undefined ? !files.has(file) : files.get(file)?.h1 !== h1) yield { name, file };
    }
  }
}

function downloadLacks({ root }: Seed, served: Served): string[] {
  const required = (root?.input.roots ?? []).flatMap(({ goMod }) =>
    requiredModules(goMod).map(({ mv }) => mv),
  );
  return required.filter((mv) => !served(mv).has('zip')).map(formatModuleVersion);
}
