import { readFileSync } from 'node:fs';
import { ComponentType } from '@cyclonedx/cyclonedx-library/Enums';
import { Bom, Component, Metadata } from '@cyclonedx/cyclonedx-library/Models';
import { JSON as Json } from '@cyclonedx/cyclonedx-library/Serialize';
import { Spec1dot6 } from '@cyclonedx/cyclonedx-library/Spec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareModuleVersions, parseModuleVersion } from '../../src/gomod/module-version.ts';
import { isValidSemver } from '../../src/gomod/semver.ts';
import { moduleComponent, type SbomComponent } from '../../src/sbom/component.ts';
import { writeSbom } from '../../src/sbom/document.ts';
import { compileSbomValidator } from '../../src/sbom/validate.ts';
import { BARE_SUBJECT, moduleFacts, SUBJECT, sbomText, THREE_MODULES } from './fixture.ts';

const validate = compileSbomValidator();

function* manyModules(count: number): Generator<SbomComponent> {
  for (let i = 0; i < count; i++) yield moduleFacts(`example.com/m${String(i).padStart(6, '0')}`, 'v1.0.0');
}

describe('the document', () => {
  test('of three modules is exactly the golden file, and valid', () => {
    const text = sbomText(SUBJECT, THREE_MODULES);
    expect(text).toBe(readFileSync(new URL('three-modules.golden', import.meta.url), 'utf8'));
    expect(validate(text)).toEqual([]);
  });

  test('of an empty snapshot without configuration has its root, an empty graph and nothing invented', () => {
    const text = sbomText(BARE_SUBJECT, []);
    const root = 'pkg:generic/modferry-snapshot@20261123T102300Z-0a1b2c3d';
    expect(JSON.parse(text)).toEqual({
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      serialNumber: 'urn:uuid:00112233-4455-8677-8899-aabbccddeeff',
      version: 1,
      metadata: {
        timestamp: '2026-11-23T10:23:00.000Z',
        lifecycles: [{ phase: 'pre-build' }],
        tools: {
          components: [
            { type: 'application', name: 'modferry', version: '0.1.0', 'bom-ref': 'tool:modferry@0.1.0' },
          ],
        },
        component: {
          type: 'file',
          name: 'modferry-snapshot',
          version: '20261123T102300Z-0a1b2c3d',
          'bom-ref': root,
          purl: root,
          hashes: [{ alg: 'SHA-256', content: BARE_SUBJECT.manifestSha256 }],
        },
      },
      components: [],
      dependencies: [{ ref: root }],
      compositions: [{ aggregate: 'incomplete', dependencies: [root] }],
    });
    expect(validate(text)).toEqual([]);
  });

  test('made piece by piece says what the library says of the whole', () => {
    const written = JSON.parse(sbomText(SUBJECT, THREE_MODULES));
    const root = new Component(ComponentType.File, 'root', { bomRef: written.metadata.component['bom-ref'] });
    const bom = new Bom({ serialNumber: written.serialNumber, metadata: new Metadata({ component: root }) });
    for (const module of THREE_MODULES) {
      const component = moduleComponent(module, SUBJECT.baseUrl);
      bom.components.add(component);
      root.dependencies.add(component.bomRef);
    }
    const whole = new Json.Normalize.Factory(Spec1dot6).makeForBom().normalize(bom, { sortLists: false });
    const { metadata, compositions, ...rest } = written;
    expect(rest).toEqual(JSON.parse(JSON.stringify({ ...whole, metadata: undefined })));
  });

  test('is valid and names every module, whatever the names and sources', () => {
    const element = fc.stringMatching(/^[A-Za-z0-9_~-]{1,8}(\.[A-Za-z0-9_-]{1,4})?$/);
    const version = fc
      .tuple(fc.nat(1), fc.nat(999), fc.nat(999), fc.stringMatching(/^(-[0-9A-Za-z-]{1,9}(\.[a-z]{1,3})?)?$/))
      .map(([major, minor, patch, pre]) => `v${major}.${minor}.${patch}${pre}`)
      .filter(isValidSemver);
    const module = fc
      .record({ path: fc.array(element, { minLength: 1, maxLength: 4 }), version })
      .map((m) => ({ path: ['example.com', ...m.path].join('/'), version: m.version }))
      .filter(isModuleVersion)
      .chain((m) =>
        fc
          .array(fc.string({ unit: 'grapheme' }))
          .map((requiredBy) => moduleFacts(m.path, m.version, { requiredBy })),
      );
    const modules = fc
      .uniqueArray(module, { selector: (m) => `${m.path}@${m.version}`, maxLength: 12 })
      .map((list) => list.sort(compareModuleVersions));

    fc.assert(
      fc.property(modules, (list) => {
        const text = sbomText(SUBJECT, list);
        expect(validate(text)).toEqual([]);
        const identities = JSON.parse(text).components.map((c: { name: string; version: string }) => [
          c.name,
          c.version,
        ]);
        expect(identities).toEqual(list.map((m) => [m.path, m.version]));
      }),
      { numRuns: 50 },
    );
  });
});

function isModuleVersion({ path, version }: { path: string; version: string }): boolean {
  try {
    parseModuleVersion(path, version);
    return true;
  } catch {
    return false;
  }
}

describe('writing', () => {
  test('begins before all components are there, so that they are never held at once', () => {
    let taken = 0;
    let takenAtFirstChunk: number | undefined;
    function* counted(): Generator<SbomComponent> {
      for (const module of manyModules(1000)) {
        taken++;
        yield module;
      }
    }
    writeSbom(SUBJECT, counted(), () => {
      takenAtFirstChunk ??= taken;
    });
    expect(taken).toBe(1000);
    expect(takenAtFirstChunk).toBeLessThan(200);
  });

  test('hands over chunks of 64 KiB or a little more, and what is left', () => {
    const lengths: number[] = [];
    writeSbom(BARE_SUBJECT, manyModules(1000), (chunk) => lengths.push(chunk.length));
    expect(lengths.length).toBeGreaterThan(5);
    expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThanOrEqual(65536);
    expect(lengths.at(-1)).toBeGreaterThan(0);
  });
});

describe('a bug of the caller is thrown, not written', () => {
  const [first, second, third] = THREE_MODULES;
  const bugs: [name: string, message: string, act: () => string][] = [
    [
      'components out of order',
      'git.sr.ht/~sbinet/gg@v0.6.0: out of order after golang.org/x/mod@v0.30.0',
      () =>
        sbomText(
          SUBJECT,
          [third, first, second].filter((module) => module !== undefined),
        ),
    ],
    [
      'a component that comes twice',
      'example.com/m@v1.0.0: out of order after example.com/m@v1.0.0',
      () =>
        sbomText(SUBJECT, [moduleFacts('example.com/m', 'v1.0.0'), moduleFacts('example.com/m', 'v1.0.0')]),
    ],
    [
      'a SHA-256 in capitals, which the library would keep',
      `example.com/m@v1.0.0: sha256 of the zip: not 64 lower-case hex digits: "${'AB'.repeat(32)}"`,
      () => sbomText(SUBJECT, [moduleFacts('example.com/m', 'v1.0.0', { sha256: 'AB'.repeat(32) })]),
    ],
    [
      'an h1 in place of a SHA-512, which the library would leave out',
      'example.com/m@v1.0.0: sha512 of the zip: not 128 lower-case hex digits: "h1:x"',
      () => sbomText(SUBJECT, [moduleFacts('example.com/m', 'v1.0.0', { sha512: 'h1:x' })]),
    ],
    [
      'a cut hash of the manifest',
      'sha256 of the manifest: not 64 lower-case hex digits: "00ff"',
      () => sbomText({ ...SUBJECT, manifestSha256: '00ff' }, []),
    ],
    [
      'a time without a zone, which would depend on the machine',
      'time of the snapshot: not RFC 3339 in UTC: "2026-11-23T10:23:00"',
      () => sbomText({ ...SUBJECT, createdAt: '2026-11-23T10:23:00' }, []),
    ],
  ];
  test.each(bugs)('%s', (_name, message, act) => {
    expect(act).toThrow(new Error(message));
  });
});
