/**
 * A small snapshot whose texts are awkward on purpose: names that locales sort differently, a capital in a path,
 * `~`, `+incompatible`, one module with all its facts and one with the fewest.
 */

import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import type { SbomComponent } from '../../src/sbom/component.ts';
import { writeSbom } from '../../src/sbom/document.ts';
import type { SbomSubject } from '../../src/sbom/metadata.ts';

export const SUBJECT: SbomSubject = {
  snapshotId: '20261123T102300Z-0a1b2c3d',
  createdAt: '2026-11-23T10:23:00Z',
  manifestSha256: '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
  tool: { name: 'modferry', version: '0.1.0' },
  supplier: { name: 'Example Corp', url: 'https://corp.example', email: 'mirror@corp.example' },
  authors: [{ name: 'Zoë Platform', email: 'zoe@corp.example' }, { name: 'Build Team' }],
  baseUrl: 'https://go.corp.example/current/',
  gaps: [
    { module: 'example.com/ä', version: 'v1.0.0', file: 'zip', reason: 'not found', accepted: false },
    { module: 'example.com/z', version: 'v1.0.0', file: 'mod', reason: 'refused', accepted: false },
    { module: 'example.com/Z', version: 'v1.0.0', file: null, reason: 'withdrawn', accepted: true },
  ],
};

/** No configuration, and nothing missing. */
export const BARE_SUBJECT: SbomSubject = {
  snapshotId: SUBJECT.snapshotId,
  createdAt: SUBJECT.createdAt,
  manifestSha256: SUBJECT.manifestSha256,
  tool: SUBJECT.tool,
  gaps: [],
};

export const THREE_MODULES: readonly SbomComponent[] = [
  moduleFacts('git.sr.ht/~sbinet/gg', 'v0.6.0', {
    requiredBy: ['z/go.sum', 'ä/go.sum', 'Z/go.sum', 'a/go.sum'],
  }),
  moduleFacts('github.com/Azure/azure-sdk-for-go', 'v68.0.0+incompatible', {
    time: '2022-11-04T21:12:02Z',
    origin: { vcs: 'git', url: 'https://github.com/Azure/azure-sdk-for-go', hash: 'ab'.repeat(20) },
  }),
  moduleFacts('golang.org/x/mod', 'v0.30.0', {
    origin: { vcs: 'git', url: 'https://go.googlesource.com/mod' },
  }),
];

/** The facts of a module whose zip has made-up hashes. */
export function moduleFacts(
  path: string,
  version: string,
  facts: Partial<SbomComponent> = {},
): SbomComponent {
  return {
    ...parseModuleVersion(path, version),
    h1: 'h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    sha256: '12'.repeat(32),
    sha512: '34'.repeat(64),
    size: 4096,
    requiredBy: ['go.sum'],
    ...facts,
  };
}

export function sbomText(subject: SbomSubject, components: Iterable<SbomComponent>): string {
  const chunks: string[] = [];
  writeSbom(subject, components, (chunk) => chunks.push(chunk));
  return chunks.join('');
}
