/**
 * Which go commands work inside the gap for one seed, by what the current snapshot serves: each reads other files.
 * Source: what the go command asks a proxy for, tried with an unmodified client.
 */
import type { ModuleFile } from '../gomod/artifact.ts';
import { formatModuleVersion, type ModuleVersion } from '../gomod/module-version.ts';
import { requiredModules } from '../gomod/requirements.ts';
import type { Seed, SeedWant } from '../sync/seed-texts.ts';
import type { Served } from './seed-status.ts';

/** `build` stands for build and test, `tidy` for tidy and vendor. */
export type Command = 'build' | 'tidy' | 'download' | 'list -m all' | 'download all';

export const COMMANDS: readonly Command[] = ['build', 'tidy', 'download', 'list -m all', 'download all'];

export interface CommandStatus {
  readonly command: Command;
  /** What it would not find, as `module@version file`; empty where it works. */
  readonly lacks: readonly string[];
  /** More may be lacking: the go.mod files that would tell are not here. */
  readonly isUnknown: boolean;
}

/** `lacking`: files that go.sum names and that are not served with its hash. */
export function commandsOf(
  seed: Seed,
  lacking: readonly { readonly name: string; readonly file: ModuleFile }[],
  served: Served,
): CommandStatus[] {
  const inLines = lacking.map(({ name, file }) => `${name} ${file}`);
  const withoutInfo = lacking
    .filter(({ file }) => file !== 'info')
    .map(({ name, file }) => `${name} ${file}`);
  const graph = seed.texts.filter(({ kind }) => kind === 'graph');
  const wants = graph.flatMap((text) => text.wants);
  const selected = lackingOf(
    wants.filter(({ file }) => file === 'mod'),
    ['mod', 'info'],
    served,
  );
  const zips = lackingOf(
    wants.filter(({ file }) => file === 'zip'),
    ['mod', 'info', 'zip'],
    served,
  );
  const isUnknown = graph.length === 0 || graph.some(({ isPartial }) => isPartial === true);
  const status = (command: Command, lacks: readonly string[], unknown = false): CommandStatus => {
    return { command, lacks: [...new Set(lacks)], isUnknown: unknown };
  };
  return [
    status('build', withoutInfo),
    status('tidy', withoutInfo),
    status(
      'download',
      [...withoutInfo.filter((name) => name.endsWith(' mod')), ...requiredLacks(seed, served)],
      seed.root === undefined,
    ),
    status('list -m all', [...inLines.filter((name) => !name.endsWith(' zip')), ...selected], isUnknown),
    // Without the root nobody can say which versions are selected.
    status('download all', [...inLines, ...selected, ...zips], isUnknown || seed.root === undefined),
  ];
}

function requiredLacks({ root }: Seed, served: Served): string[] {
  const required = (root?.input.roots ?? []).flatMap(({ goMod }) => requiredModules(goMod));
  return required.flatMap(({ mv }) => lackingFiles(mv, ['mod', 'info', 'zip'], served));
}

function lackingOf(wants: readonly SeedWant[], files: readonly ModuleFile[], served: Served): string[] {
  return wants.flatMap(({ mv }) => lackingFiles(mv, files, served));
}

function lackingFiles(mv: ModuleVersion, files: readonly ModuleFile[], served: Served): string[] {
  const there = served(mv);
  return files.filter((file) => !there.has(file)).map((file) => `${formatModuleVersion(mv)} ${file}`);
}
