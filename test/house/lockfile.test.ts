import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REPO } from './sources.ts';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly gypfile?: boolean;
  readonly hasInstallScript?: boolean;
}

interface PackageJson {
  readonly type: string;
  readonly engines: Record<string, string>;
  readonly allowScripts: Record<string, boolean>;
  readonly scripts: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly bin: Record<string, string>;
  readonly files: readonly string[];
}

const lockText = readFileSync(`${REPO}package-lock.json`, 'utf8');
const locked = (JSON.parse(lockText) as { packages: Record<string, LockedPackage> }).packages;
const manifest = JSON.parse(readFileSync(`${REPO}package.json`, 'utf8')) as PackageJson;

describe('package-lock.json', () => {
  it('names no place to download from', () => {
    expect(lockText).not.toContain('"resolved"');
    // Where a package asks for money is a page for people: npm fetches nothing from it.
    const asked = JSON.stringify(locked, (key, value: unknown) => (key === 'funding' ? undefined : value));
    expect(asked).not.toContain('://');
    expect(asked).not.toMatch(/registry|npmjs|npmmirror/);
  });

  it('pins every package by its hash', () => {
    // The linter for platforms that the registry at hand does not have: docs/architecture.md, Traps.
    const isOtherLinter = (path: string) => /@biomejs\/cli-(?!linux-(x64|arm64)$)/.test(path);
    const packages = Object.entries(locked).filter(([path]) => path !== '' && !isOtherLinter(path));
    expect(packages.length).toBeGreaterThan(100);
    expect(
      packages.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path),
    ).toEqual([]);
  });

  it('keeps npm 10 from compiling better-sqlite3, which ships its binaries', () => {
    expect(locked['node_modules/better-sqlite3']).toMatchObject({ gypfile: false });
    expect(locked['node_modules/better-sqlite3']).not.toHaveProperty('hasInstallScript');
  });
});

describe('package.json', () => {
  it('lets only the package node run its install script', () => {
    expect(manifest.allowScripts).toEqual({ 'better-sqlite3': false, node: true });
    const scripted = Object.entries(locked).filter(([, { hasInstallScript }]) => hasInstallScript === true);
    // Both have a binary as an optional package too, and work without their script.
    const harmless = new Set(['node_modules/esbuild', 'node_modules/fsevents']);
    expect(scripted.map(([path]) => path).filter((path) => !harmless.has(path))).toEqual([
      'node_modules/node',
    ]);
  });

  it('asks for the Node that cli/main.ts asks for, and develops on Node 24', () => {
    expect(manifest.engines).toEqual({ node: '>=22.19' });
    expect(readFileSync(`${REPO}src/cli/main.ts`, 'utf8')).toContain('needs Node 22.19 or newer');
    expect(manifest.devDependencies.node).toMatch(/^\^24\./);
    expect(manifest.type).toBe('module');
  });

  it('has the scripts that the README and .ci/run name', () => {
    const names = ['start', 'modferry', 'test', 'test:real', 'check', 'build', 'bench'];
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(names));
    expect(manifest.scripts.modferry).toBe('node src/cli/main.ts');
    expect(manifest.scripts.start).toMatch(/^node src\/cli\/main\.ts sync\b/);
    expect(manifest.scripts.test).toMatch(/^vitest run\b/);
    expect(manifest.scripts['test:real']).toMatch(/^vitest run\b.*\btest\/real\//);
    expect(manifest.scripts.check).toMatch(/\btsc\b.*\bbiome check\b/);
  });

  it('names in its scripts only files that are there', () => {
    const named = Object.values(manifest.scripts).flatMap(
      (script) => script.match(/\b(src|test|docs)\/[\w./-]+/g) ?? [],
    );
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((path) => !existsSync(REPO + path))).toEqual([]);
  });

  it('packs what an installed program needs', () => {
    expect(manifest.files).toEqual(expect.arrayContaining(['dist', 'migrations']));
    expect(manifest.bin).toEqual({ modferry: 'dist/cli/main.js' });
  });
});
