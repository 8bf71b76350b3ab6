import { describe, expect, test } from 'vitest';
import { moduleComponent, type SbomComponent } from '../../src/sbom/component.ts';
import { type ComponentObject, normalizeComponent } from '../../src/sbom/cyclonedx.ts';
import { moduleFacts } from './fixture.ts';

const BASE = 'https://go.corp.example/current';

function component(module: SbomComponent, baseUrl?: string): ComponentObject {
  return normalizeComponent(moduleComponent(module, baseUrl));
}

describe('names', () => {
  const names: [what: string, path: string, version: string, purl: string, zip: string][] = [
    [
      'capitals keep their case in the name and are escaped in the URL only',
      'github.com/BurntSushi/toml',
      'v1.4.0',
      'pkg:golang/github.com/BurntSushi/toml@v1.4.0',
      'github.com/!burnt!sushi/toml/@v/v1.4.0.zip',
    ],
    [
      'the plus sign of +incompatible is kept',
      'github.com/docker/docker',
      'v27.1.1+incompatible',
      'pkg:golang/github.com/docker/docker@v27.1.1+incompatible',
      'github.com/docker/docker/@v/v27.1.1+incompatible.zip',
    ],
    [
      'a tilde is kept',
      'git.sr.ht/~sbinet/gg',
      'v0.6.0',
      'pkg:golang/git.sr.ht/~sbinet/gg@v0.6.0',
      'git.sr.ht/~sbinet/gg/@v/v0.6.0.zip',
    ],
    [
      'the major version suffix belongs to the name',
      'github.com/cespare/xxhash/v2',
      'v2.3.0',
      'pkg:golang/github.com/cespare/xxhash/v2@v2.3.0',
      'github.com/cespare/xxhash/v2/@v/v2.3.0.zip',
    ],
    [
      'a path of one element is a name',
      'rsc.io',
      'v0.0.0-20170101000000-0123456789ab',
      'pkg:golang/rsc.io@v0.0.0-20170101000000-0123456789ab',
      'rsc.io/@v/v0.0.0-20170101000000-0123456789ab.zip',
    ],
    [
      'a capital in a version is escaped in the URL only',
      'example.com/m_x',
      'v1.0.0-RC.1',
      'pkg:golang/example.com/m_x@v1.0.0-RC.1',
      'example.com/m_x/@v/v1.0.0-!r!c.1.zip',
    ],
    [
      'a version with a leading v, a pre-release and a dash is kept as it is',
      'gopkg.in/yaml.v3',
      'v3.0.0-20210107192922-496545a6307b',
      'pkg:golang/gopkg.in/yaml.v3@v3.0.0-20210107192922-496545a6307b',
      'gopkg.in/yaml.v3/@v/v3.0.0-20210107192922-496545a6307b.zip',
    ],
  ];
  test.each(names)('%s', (_what, path, version, purl, zip) => {
    const made = component(moduleFacts(path, version), BASE);
    expect(made).toMatchObject({ type: 'library', name: path, version, purl, 'bom-ref': purl });
    expect(made.group).toBeUndefined();
    expect(made.externalReferences?.map(({ type, url }) => [type, url])).toEqual([
      ['distribution', `${BASE}/${zip}`],
    ]);
  });
});

describe('references', () => {
  test('the zip that is served has the hashes of the component', () => {
    const hashes = [
      { alg: 'SHA-256', content: '12'.repeat(32) },
      { alg: 'SHA-512', content: '34'.repeat(64) },
    ];
    const made = component(moduleFacts('example.com/m', 'v1.0.0'), `${BASE}//`);
    expect(made.hashes).toEqual(hashes);
    expect(made.externalReferences).toEqual([
      { type: 'distribution', url: `${BASE}/example.com/m/@v/v1.0.0.zip`, hashes },
    ]);
  });

  const origins: [name: string, origin: SbomComponent['origin'], references: unknown][] = [
    ['none without an origin', undefined, undefined],
    ['none for an origin without a URL', { vcs: 'git', hash: 'ab12' }, undefined],
    [
      'a URL alone',
      { url: 'https://example.com/m.git' },
      [{ type: 'vcs', url: 'https://example.com/m.git' }],
    ],
    [
      'a URL with its revision',
      { vcs: 'hg', url: 'https://example.com/m', hash: 'ab12' },
      [{ type: 'vcs', url: 'https://example.com/m', comment: 'hg revision ab12' }],
    ],
    [
      'a revision of an unnamed system',
      { url: 'https://example.com/m', hash: 'ab12' },
      [{ type: 'vcs', url: 'https://example.com/m', comment: 'revision ab12' }],
    ],
  ];
  test.each(origins)('to the source: %s', (_name, origin, references) => {
    const made = component(moduleFacts('example.com/m', 'v1.0.0', { origin }));
    expect(made.externalReferences).toEqual(references);
  });
});

describe('properties', () => {
  test('each source has its own, once, in the order of code points', () => {
    const requiredBy = ['\u{1f600}', 'b', '\uff5e', 'a', 'B', 'b', 'ä'];
    const made = component(moduleFacts('example.com/m', 'v1.0.0', { requiredBy }));
    const sources = made.properties?.filter(({ name }) => name === 'modferry:requiredBy');
    expect(sources?.map(({ value }) => value)).toEqual(['B', 'a', 'b', 'ä', '\uff5e', '\u{1f600}']);
  });

  test('the facts come first; a time that nobody knows is left out', () => {
    const facts = { h1: 'h1:abc=', size: 7, requiredBy: [] };
    expect(component(moduleFacts('example.com/m', 'v1.0.0', facts)).properties).toEqual([
      { name: 'modferry:h1', value: 'h1:abc=' },
      { name: 'modferry:size', value: '7' },
    ]);
    const timed = { ...facts, time: '2024-05-01T10:00:00Z' };
    expect(component(moduleFacts('example.com/m', 'v1.0.0', timed)).properties?.at(-1)).toEqual({
      name: 'modferry:time',
      value: '2024-05-01T10:00:00Z',
    });
  });
});
