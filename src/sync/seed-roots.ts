/**
 * The main modules of a seed: the go.mod beside a go.sum, or the go.work beside a go.work.sum with the members that it
 * uses, and the go.mod files of folders that replace modules. What a workspace names and is not there is told and left
 * out: the go command would refuse it, but one stale go.work must not stop a nightly sync.
 */
import { hash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { type GoMod, parseGoMod } from '../gomod/go-mod.ts';
import { type GoWork, parseGoWork } from '../gomod/go-work.ts';
import type { GraphInput } from '../gomod/module-graph.ts';
import { type SeedRoot, type SeedText, sumText } from './seed-texts.ts';

/** A folder on disk, and how it is named in messages. */
export interface SeedFolder {
  readonly path: string;
  readonly source: string;
}

/** `text` is that of the go.mod at `source`; `folder` is undefined where it came from elsewhere. */
export function moduleRoot(
  source: string,
  text: string,
  goMod: GoMod,
  folder: SeedFolder | undefined,
): SeedRoot {
  const input: GraphInput = { roots: [{ goMod, source }] };
  const found = folder ? replacedFolders(source, goMod, folder) : [];
  return rootOf(source, input, [text], found);
}

export interface Workspace {
  readonly root: SeedRoot;
  readonly goWork: GoWork;
  /** The go.sum files of its members: the go command reads them together with go.work.sum. */
  readonly sums: readonly SeedText[];
}

export function workspaceRoot(
  source: string,
  text: string,
  folder: SeedFolder,
  warn: (message: string) => void,
): Workspace {
  const goWork = parseGoWork(text, source);
  const members = goWork.use.flatMap(({ path, line }) => {
    const member = below(folder, path);
    const file = join(member.path, 'go.mod');
    if (existsSync(file))
      return [{ member, goMod: readFileSync(file, 'utf8'), name: named(member, 'go.mod') }];
    warn(`${source}:${line}: use ${path}: there is no go.mod; the workspace is taken without it`);
    return [];
  });
  const roots = members.map(({ goMod, name }) => ({
    goMod: parseGoMod(goMod, name, { lax: false }),
    source: name,
  }));
  const found = [
    ...roots.flatMap(({ goMod, source: name }, index) => {
      const member = members[index]?.member;
      return member ? replacedFolders(name, goMod, member) : [];
    }),
    ...replacedFolders(source, goWork, folder),
  ];
  const texts = [text, ...members.map(({ goMod }) => goMod)];
  const sums = members.flatMap(({ member }) => {
    const file = join(member.path, 'go.sum');
    return existsSync(file) ? [sumText(named(member, 'go.sum'), readFileSync(file, 'utf8'))] : [];
  });
  return { root: rootOf(source, { roots, work: goWork }, texts, found), goWork, sums };
}

interface FolderMod {
  readonly key: string;
  readonly text: string;
  readonly goMod: GoMod;
}

/** The go.mod files of the folders that a go.mod or go.work puts in place of modules. */
function replacedFolders(
  source: string,
  { replace }: Pick<GoMod, 'replace'>,
  folder: SeedFolder,
): FolderMod[] {
  return replace.flatMap(({ by }) => {
    if (by.kind !== 'directory') return [];
    const place = below(folder, by.path);
    const file = join(place.path, 'go.mod');
    if (!existsSync(file)) return [];
    const text = readFileSync(file, 'utf8');
    const goMod = parseGoMod(text, named(place, 'go.mod'), { lax: true });
    return [{ key: `${source} ${by.path}`, text, goMod }];
  });
}

function rootOf(
  source: string,
  input: GraphInput,
  texts: readonly string[],
  found: readonly FolderMod[],
): SeedRoot {
  const parts = [...texts, ...found.flatMap(({ key, text }) => [key, text])];
  return {
    source,
    input,
    folders: new Map(found.map(({ key, goMod }) => [key, goMod])),
    sha256: hash('sha256', parts.join('\0')),
  };
}

function below(folder: SeedFolder, path: string): SeedFolder {
  return { path: resolve(folder.path, path), source: posix.normalize(posix.join(folder.source, path)) };
}

function named({ source }: SeedFolder, file: string): string {
  return posix.join(source, file);
}
