/** Artifacts with made-up bytes, through the real judge, and a store in memory. */
import { createHash } from 'node:crypto';
import type { ModuleFile, VerifiedArtifact } from '../../src/gomod/artifact.ts';
import { hashGoMod } from '../../src/gomod/h1.ts';
import { type ModuleVersion, parseModuleVersion } from '../../src/gomod/module-version.ts';
import { openForWriting } from '../../src/store/open.ts';
import { Store } from '../../src/store/store.ts';
import { verifyInfo, verifyMod, verifyZip } from '../../src/sync/verify.ts';

export const UPSTREAM = 'https://proxy.corp.example';

/** `path@version`. */
export function mv(text: string): ModuleVersion {
  const [path = '', version = ''] = text.split('@');
  return parseModuleVersion(path, version);
}

/** The file of a module version; what is in it depends on nothing but the name and `salt`. */
export function artifactOf(module: ModuleVersion, file: ModuleFile, salt = ''): VerifiedArtifact {
  const bytes = Buffer.from(`${module.path} ${module.version} ${file} ${salt}`);
  const content = { in: 'memory', bytes } as const;
  if (file === 'info') return verifyInfo(module, { version: module.version }, UPSTREAM);
  if (file === 'mod')
    return verifyMod(module, bytes, { h1: hashGoMod(bytes), by: 'go.sum' }, UPSTREAM, content);
  const hash = (algorithm: string) => createHash(algorithm).update(bytes).digest('hex');
  const hashes = { sha256: hash('sha256'), sha512: hash('sha512'), h1: hashGoMod(bytes), goModH1: null };
  const facts = { size: bytes.length, entries: 1, unpacked: bytes.length, ...hashes };
  return verifyZip(module, facts, { h1: facts.h1, by: 'go.sum' }, UPSTREAM, content);
}

export function memoryStore(now: () => Date = () => new Date('2026-11-01T00:00:00Z')): Store {
  return new Store(openForWriting(':memory:', now));
}
