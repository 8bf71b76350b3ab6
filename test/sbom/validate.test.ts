import { describe, expect, test } from 'vitest';
import { compileSbomValidator } from '../../src/sbom/validate.ts';
import { moduleFacts, SUBJECT, sbomText, THREE_MODULES } from './fixture.ts';

const validate = compileSbomValidator();
const ROOT = 'pkg:generic/modferry-snapshot@20261123T102300Z-0a1b2c3d';
const GG = 'pkg:golang/git.sr.ht/~sbinet/gg@v0.6.0';
const AZURE = 'pkg:golang/github.com/Azure/azure-sdk-for-go@v68.0.0+incompatible';
const MOD = 'pkg:golang/golang.org/x/mod@v0.30.0';

/** What is set where, by JSON pointer: `undefined` takes the value away, and `-` is the place after a list's end. */
type Edits = Readonly<Record<string, unknown>>;
type Defect = readonly [name: string, edits: Edits, problems: readonly string[]];

function bomWith(edits: Edits, components = THREE_MODULES): unknown {
  const bom: unknown = JSON.parse(sbomText(SUBJECT, components));
  for (const [pointer, value] of Object.entries(edits)) edit(bom, pointer.split('/').slice(1), value);
  return bom;
}

function edit(target: unknown, [key = '', ...rest]: readonly string[], value: unknown): void {
  if (typeof target !== 'object' || target === null) throw new Error(`nothing at ${key}`);
  if (rest.length > 0) edit(Reflect.get(target, key), rest, value);
  else if (Array.isArray(target) && value === undefined) target.splice(Number(key), 1);
  else if (Array.isArray(target)) target[key === '-' ? target.length : Number(key)] = value;
  else if (value === undefined) Reflect.deleteProperty(target, key);
  else Reflect.set(target, key, value);
}

test('a good document has no problems, as text and parsed, time after time', () => {
  expect(validate(sbomText(SUBJECT, THREE_MODULES))).toEqual([]);
  expect(validate(bomWith({}))).toEqual([]);
  expect(validate(bomWith({ '/version': 'one' }))).toEqual(['schema: /version must be integer']);
  expect(validate(bomWith({}))).toEqual([]);
});

describe('references', () => {
  const defects: Defect[] = [
    [
      'a bom-ref that two components share',
      {
        '/components/2/bom-ref': AZURE,
      },
      [
        `bom-ref ${AZURE}: used 2 times`,
        `dependencies: ${ROOT} leads to ${MOD}: no such bom-ref`,
        `dependencies: ${MOD}: no such bom-ref`,
        `compositions: ${MOD}: no such bom-ref`,
      ],
    ],
    [
      'a component that comes twice',
      {
        '/components/-': { type: 'library', name: 'again', 'bom-ref': GG },
      },
      [`bom-ref ${GG}: used 2 times`],
    ],
    [
      'a bom-ref that a component shares with a tool',
      {
        '/metadata/tools/components/0/bom-ref': GG,
      },
      [`bom-ref ${GG}: used 2 times`],
    ],
    [
      'a dependency that leads nowhere',
      {
        '/dependencies/1/dependsOn': ['pkg:golang/example.com/gone@v1.0.0'],
      },
      [`dependencies: ${GG} leads to pkg:golang/example.com/gone@v1.0.0: no such bom-ref`],
    ],
    [
      'a provided specification that is nowhere',
      {
        '/dependencies/1/provides': ['spec'],
      },
      [`dependencies: ${GG} leads to spec: no such bom-ref`],
    ],
    [
      'an entry of a ref that nothing has',
      {
        '/dependencies/-': { ref: 'nobody' },
      },
      ['dependencies: nobody: no such bom-ref'],
    ],
    [
      'a composition of a ref that nothing has',
      {
        '/compositions/-': { aggregate: 'unknown', assemblies: ['nobody'], vulnerabilities: ['none'] },
      },
      ['compositions: nobody: no such bom-ref', 'compositions: none: no such bom-ref'],
    ],
    [
      'a component that the root does not reach',
      {
        '/dependencies/0/dependsOn': [GG, AZURE],
      },
      [`dependencies: ${MOD}: cannot be reached from ${ROOT}`],
    ],
    [
      'components that only reach one another',
      {
        '/dependencies/0/dependsOn': [GG],
        '/dependencies/2/dependsOn': [MOD],
        '/dependencies/3/dependsOn': [AZURE],
      },
      [
        `dependencies: ${AZURE}: cannot be reached from ${ROOT}`,
        `dependencies: ${MOD}: cannot be reached from ${ROOT}`,
      ],
    ],
    [
      'a nested component that nothing reaches',
      {
        '/components/0/components': [{ type: 'library', name: 'inner', 'bom-ref': 'inner' }],
      },
      ['dependencies: inner: has no entry', `dependencies: inner: cannot be reached from ${ROOT}`],
    ],
    [
      'a component without an entry in the graph',
      {
        '/dependencies/3': undefined,
      },
      [`dependencies: ${MOD}: has no entry`],
    ],
    [
      'two entries of one ref',
      {
        '/dependencies/-': { ref: GG, dependsOn: [MOD] },
      },
      [`dependencies: ${GG}: has more than one entry`],
    ],
    [
      'a component without a bom-ref',
      {
        '/components/-': { type: 'library', name: 'example.com/m' },
      },
      ['component example.com/m: has no bom-ref'],
    ],
    [
      'no component to begin from',
      {
        '/metadata/component': undefined,
        '/dependencies/0': undefined,
        '/compositions': [],
      },
      ['metadata: no component with a bom-ref, from which the others could be reached'],
    ],
  ];
  test.each(defects)('%s', (_name, edits, problems) => {
    expect(validate(bomWith(edits))).toEqual(problems);
  });

  test('a chain reaches too, a loop ends, and a link into another document dangles nowhere', () => {
    const bom = bomWith({
      '/dependencies/0/dependsOn': [GG],
      '/dependencies/1/dependsOn': [AZURE],
      '/dependencies/2/dependsOn': [MOD, GG],
      '/compositions/0/assemblies': ['urn:cdx:f08a6ccd-4dce-4759-bd84-c626675d60a7/1#x'],
    });
    expect(validate(bom)).toEqual([]);
  });
});

describe('the schema', () => {
  const HASH = '^([a-fA-F0-9]{32}|[a-fA-F0-9]{40}|[a-fA-F0-9]{64}|[a-fA-F0-9]{96}|[a-fA-F0-9]{128})$';
  const defects: Defect[] = [
    [
      'a field that it does not know',
      {
        '/components/1/colour': 'red',
      },
      ['schema: /components/1 must NOT have additional properties'],
    ],
    [
      'a component without a name',
      {
        '/components/0/name': undefined,
      },
      ["schema: /components/0 must have required property 'name'"],
    ],
    [
      'a hash that is none',
      {
        '/components/0/hashes/0/content': 'h1:47DEQpj8HBSa',
      },
      [`schema: /components/0/hashes/0/content must match pattern "${HASH}"`],
    ],
    [
      'a dependency that comes twice in one list',
      {
        '/dependencies/0/dependsOn/-': GG,
      },
      ['schema: /dependencies/0/dependsOn must not have duplicate items'],
    ],
    [
      'a serial number in capitals',
      {
        '/serialNumber': 'urn:uuid:00112233-4455-8677-8899-AABBCCDDEEFF',
      },
      [
        'schema: /serialNumber must match pattern "^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"',
      ],
    ],
    [
      'a time that is none',
      {
        '/metadata/timestamp': 'today',
      },
      ['schema: /metadata/timestamp must match format "date-time"'],
    ],
    [
      'an e-mail address that is none',
      {
        '/metadata/authors/0/email': 'zoe at corp.example',
      },
      ['schema: /metadata/authors/0/email must match format "idn-email"'],
    ],
    [
      'a URL with a space',
      {
        '/metadata/supplier/url': ['https://corp.example/a b'],
      },
      ['schema: /metadata/supplier/url/0 must match format "iri-reference"'],
    ],
    [
      'an aggregate that it does not know',
      {
        '/compositions/0/aggregate': 'perfect',
      },
      ['schema: /compositions/0/aggregate must be equal to one of the allowed values'],
    ],
  ];
  test.each(defects)('%s', (_name, edits, problems) => {
    expect(validate(bomWith(edits))).toEqual(problems);
  });

  test('an address outside ASCII is right, in a URL and in an e-mail address', () => {
    const bom = bomWith({
      '/metadata/supplier/url': ['https://bücher.example/größe?q=1#ä'],
      '/metadata/authors/0/email': 'zoë@bücher.example',
    });
    expect(validate(bom)).toEqual([]);
  });
});

describe('what is no SBOM at all', () => {
  test.each([
    ['a cut text', '{"bomFormat":', ['not JSON: Unexpected end of JSON input']],
    ['no object', '[]', ['schema: / must be object']],
    ['null', 'null', ['schema: / must be object']],
    ['an empty object', '{}', ["schema: / must have required property 'bomFormat'"]],
  ])('%s', (_name, text, problems) => {
    expect(validate(text)).toEqual(problems);
  });
});

test('the last of three thousand components is looked at like the first', () => {
  const modules = Array.from({ length: 3000 }, (_, i) => moduleFacts(`example.com/m${10000 + i}`, 'v1.0.0'));
  expect(validate(bomWith({}, modules))).toEqual([]);
  expect(validate(bomWith({ '/dependencies/3000/ref': 'nobody' }, modules))).toEqual([
    'dependencies: nobody: no such bom-ref',
    'dependencies: pkg:golang/example.com/m12999@v1.0.0: has no entry',
  ]);
});
