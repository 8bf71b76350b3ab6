import { describe, expect, it } from 'vitest';
import { resolveGraph } from '../../src/gomod/module-graph.ts';
import { compareModuleVersions } from '../../src/gomod/module-version.ts';
import {
  type GraphCase,
  graphInput,
  graphSource,
  type Mods,
  names,
  parseName,
  resolveCase,
  selectedNames,
} from '../support/graph-mods.ts';

/** A root's go.mod. */
const root = (...lines: string[]) => ['module x.test/root', ...lines].join('\n');

interface Row extends GraphCase {
  readonly it: string;
  readonly selects: readonly string[];
  /** Defaults to all of `mods`. */
  readonly reads?: readonly string[];
  readonly stale?: boolean;
  readonly problems?: readonly string[];
}

const rows: readonly Row[] = [
  {
    it: 'selects the highest version that anything requires',
    roots: [root('go 1.17', 'require x.test/a v1.0.0', 'require x.test/b v1.0.0')],
    mods: {
      'x.test/a@v1.0.0': 'go 1.17\nrequire x.test/c v1.2.0',
      'x.test/b@v1.0.0': 'go 1.17\nrequire x.test/c v1.10.0',
    },
    selects: ['x.test/a@v1.0.0', 'x.test/b@v1.0.0', 'x.test/c@v1.10.0'],
  },
  {
    it: 'selects a release over its pre-releases and pseudo-versions, and those over the release before',
    roots: [root('go 1.17', 'require x.test/a v1.0.0', 'require x.test/b v1.0.0')],
    mods: {
      'x.test/a@v1.0.0':
        'go 1.17\nrequire x.test/c v1.2.0\nrequire x.test/d v1.1.1-0.20240102030405-abcdefabcdef',
      'x.test/b@v1.0.0': 'go 1.17\nrequire x.test/c v1.2.0-rc.1\nrequire x.test/d v1.1.0',
    },
    selects: [
      'x.test/a@v1.0.0',
      'x.test/b@v1.0.0',
      'x.test/c@v1.2.0',
      'x.test/d@v1.1.1-0.20240102030405-abcdefabcdef',
    ],
  },
  {
    it: 'compares +incompatible versions with the others of their path',
    roots: [root('go 1.17', 'require x.test/a v1.0.0', 'require x.test/c v1.5.0')],
    mods: {
      'x.test/a@v1.0.0': 'go 1.17\nrequire x.test/c v4.0.0+incompatible',
      'x.test/c@v1.5.0': '',
      'x.test/c@v4.0.0+incompatible': '',
    },
    selects: ['x.test/a@v1.0.0', 'x.test/c@v4.0.0+incompatible'],
    stale: true,
  },
  {
    it: 'takes another major version for another module',
    roots: [root('go 1.17', 'require x.test/a v1.0.0', 'require x.test/a/v2 v2.1.0')],
    mods: { 'x.test/a@v1.0.0': 'go 1.17', 'x.test/a/v2@v2.1.0': 'go 1.17' },
    selects: ['x.test/a@v1.0.0', 'x.test/a/v2@v2.1.0'],
  },
  {
    it: 'prunes what lies behind the requirements of a dependency of Go 1.17',
    roots: [root('go 1.17', 'require x.test/a v1.0.0')],
    mods: {
      'x.test/a@v1.0.0': 'go 1.17\nrequire x.test/b v1.0.0',
      'x.test/b@v1.0.0': 'require x.test/c v1.0.0',
    },
    selects: ['x.test/a@v1.0.0', 'x.test/b@v1.0.0'],
    reads: ['x.test/a@v1.0.0'],
  },
  {
    it: 'goes to the end below a dependency of Go 1.16, through any others',
    roots: [root('go 1.17', 'require x.test/a v1.0.0')],
    mods: {
      'x.test/a@v1.0.0': 'go 1.16\nrequire x.test/b v1.0.0',
      'x.test/b@v1.0.0': 'go 1.20\nrequire x.test/c v1.0.0',
      'x.test/c@v1.0.0': 'go 1.20\nrequire x.test/d v1.0.0',
      'x.test/d@v1.0.0': 'go 1.20',
    },
    selects: ['x.test/a@v1.0.0', 'x.test/b@v1.0.0', 'x.test/c@v1.0.0', 'x.test/d@v1.0.0'],
  },
  {
    it: 'takes a dependency without a go line for an old one',
    roots: [root('go 1.17', 'require x.test/a v1.0.0')],
    mods: {
      'x.test/a@v1.0.0': 'require x.test/b v1.0.0',
      'x.test/b@v1.0.0': 'go 1.17\nrequire x.test/c v1.0.0',
      'x.test/c@v1.0.0': '',
    },
    selects: ['x.test/a@v1.0.0', 'x.test/b@v1.0.0', 'x.test/c@v1.0.0'],
  },
  {
    it: 'takes release candidates of Go 1.17 for older than it',
    roots: [root('go 1.17', 'require x.test/a v1.0.0')],
    mods: { 'x.test/a@v1.0.0': 'go 1.17rc1\nrequire x.test/b v1.0.0', 'x.test/b@v1.0.0': '' },
    selects: ['x.test/a@v1.0.0', 'x.test/b@v1.0.0'],
  },
  {
    it: 'reads a module in full that an old and a new dependency require',
    roots: [root('go 1.17', 'require x.test/a v1.0.0', 'require x.test/b v1.0.0')],
    mods: {
      'x.test/a@v1.0.0': 'go 1.17\nrequire x.test/c v1.0.0',
      'x.test/b@v1.0.0': 'go 1.16\nrequire x.test/c v1.0.0',
      'x.test/c@v1.0.0': 'go 1.17\nrequire x.test/d v1.0.0',
      'x.test/d@v1.0.0': 'go 1.17',
    },
    selects: ['x.test/a@v1.0.0', 'x.test/b@v1.0.0', 'x.test/c@v1.0.0', 'x.test/d@v1.0.0'],
  },
  {
    it: 'prunes nothing below a root of Go 1.16',
    roots: [root('go 1.16', 'require x.test/a v1.0.0')],
    mods: {
      'x.test/a@v1.0.0': 'go 1.17\nrequire x.test/b v1.0.0',
      'x.test/b@v1.0.0': 'go 1.17\nrequire x.test/c v1.0.0',
      'x.test/c@v1.0.0': '',
    },
    selects: ['x.test/a@v1.0.0', 'x.test/b@v1.0.0', 'x.test/c@v1.0.0'],
  },
  {
    it: 'takes a root without a go line for one of Go 1.16',
    roots: [root('require x.test/a v1.0.0')],
    mods: { 'x.test/a@v1.0.0': 'go 1.17\nrequire x.test/b v1.0.0', 'x.test/b@v1.0.0': 'go 1.17' },
    selects: ['x.test/a@v1.0.0', 'x.test/b@v1.0.0'],
  },
  {
    it: 'counts the requirements of versions that are not selected',
    roots: [root('go 1.16', 'require x.test/a v1.0.0', 'require x.test/b v1.0.0')],
    mods: {
      'x.test/a@v1.0.0': 'require x.test/old v1.0.0',
      'x.test/a@v1.1.0': '',
      'x.test/b@v1.0.0': 'require x.test/a v1.1.0',
      'x.test/old@v1.0.0': '',
    },
    selects: ['x.test/a@v1.1.0', 'x.test/b@v1.0.0', 'x.test/old@v1.0.0'],
    stale: true,
  },
  {
    it: 'follows cycles once',
    roots: [root('go 1.16', 'require x.test/a v1.0.0')],
    mods: {
      'x.test/a@v1.0.0': 'require x.test/b v1.0.0',
      'x.test/b@v1.0.0': 'require x.test/a v1.1.0',
      'x.test/a@v1.1.0': 'require x.test/b v1.0.0',
    },
    selects: ['x.test/a@v1.1.0', 'x.test/b@v1.0.0'],
    stale: true,
  },
  {
    it: 'selects the main module over every version of it, but reads the version that an old dependency requires',
    roots: [root('go 1.17', 'require x.test/a v1.0.0')],
    mods: {
      'x.test/a@v1.0.0': 'require x.test/root v0.9.0',
      'x.test/root@v0.9.0': 'require x.test/b v1.0.0',
      'x.test/b@v1.0.0': '',
    },
    selects: ['x.test/a@v1.0.0', 'x.test/b@v1.0.0'],
  },
  {
    it: 'does not read a version of the main module that a dependency of Go 1.17 requires',
    roots: [root('go 1.17', 'require x.test/a v1.0.0')],
    mods: {
      'x.test/a@v1.0.0': 'go 1.17\nrequire x.test/root v0.9.0',
      'x.test/root@v0.9.0': 'require x.test/b v1.0.0',
    },
    selects: ['x.test/a@v1.0.0'],
    reads: ['x.test/a@v1.0.0'],
  },
  {
    it: 'raises a requirement that is too low, and what the raised version requires with it',
    roots: [root('go 1.17', 'require x.test/a v1.0.0', 'require x.test/b v1.0.0')],
    mods: {
      'x.test/a@v1.0.0': 'go 1.17\nrequire x.test/b v1.1.0',
      'x.test/b@v1.0.0': 'go 1.17\nrequire x.test/old v1.0.0',
      'x.test/b@v1.1.0': 'go 1.17\nrequire x.test/a v1.1.0',
      'x.test/a@v1.1.0': 'go 1.17\nrequire x.test/new v1.0.0',
    },
    selects: ['x.test/a@v1.1.0', 'x.test/b@v1.1.0', 'x.test/new@v1.0.0'],
    stale: true,
  },
  {
    it: 'reads only the highest of the versions that a root of Go 1.17 requires of one module',
    roots: [root('go 1.17', 'require x.test/a v1.0.0', 'require x.test/a v1.1.0')],
    mods: { 'x.test/a@v1.0.0': 'go 1.17\nrequire x.test/old v1.0.0', 'x.test/a@v1.1.0': 'go 1.17' },
    selects: ['x.test/a@v1.1.0'],
    reads: ['x.test/a@v1.1.0'],
    stale: true,
  },
  {
    it: 'does not call a root stale for excluding what only a dependency requires',
    roots: [root('go 1.17', 'require x.test/a v1.0.0', 'exclude x.test/b v1.0.0')],
    mods: { 'x.test/a@v1.0.0': 'go 1.17\nrequire x.test/b v1.0.0' },
    selects: ['x.test/a@v1.0.0'],
  },
  {
    it: 'reads every version of itself that a root requires, before it drops them',
    roots: [root('go 1.17', 'require x.test/root v1.0.0', 'require x.test/root v1.1.0')],
    mods: {
      'x.test/root@v1.0.0': 'go 1.17\nrequire x.test/a v1.0.0',
      'x.test/root@v1.1.0': 'go 1.17\nrequire x.test/a v1.1.0',
    },
    selects: [],
    stale: true,
  },
  {
    it: 'keeps what a root of Go 1.16 requires by requiring itself',
    roots: [root('go 1.16', 'require x.test/root v1.0.0')],
    mods: { 'x.test/root@v1.0.0': 'go 1.17\nrequire x.test/a v1.0.0', 'x.test/a@v1.0.0': '' },
    selects: ['x.test/a@v1.0.0'],
    stale: true,
  },
  {
    it: 'takes a root that requires itself as it is',
    roots: [root('go 1.17', 'require x.test/root v1.0.0')],
    mods: { 'x.test/root@v1.0.0': 'go 1.17\nrequire x.test/a v1.0.0' },
    selects: ['x.test/a@v1.0.0'],
  },
  {
    it: 'drops a version that the root excludes, wherever it is required',
    roots: [
      root(
        'go 1.17',
        'require (',
        'x.test/a v1.0.0',
        'x.test/b v1.0.0',
        ')',
        'exclude (',
        'x.test/b v1.0.0',
        'x.test/c v1.1.0',
        ')',
      ),
    ],
    mods: { 'x.test/a@v1.0.0': 'require x.test/c v1.1.0\nrequire x.test/c v1.0.0', 'x.test/c@v1.0.0': '' },
    selects: ['x.test/a@v1.0.0', 'x.test/c@v1.0.0'],
    stale: true,
  },
  {
    it: 'takes no notice of what a dependency excludes or replaces',
    roots: [root('go 1.17', 'require x.test/a v1.0.0')],
    mods: {
      'x.test/a@v1.0.0':
        'go 1.17\nrequire x.test/b v1.0.0\nexclude x.test/b v1.0.0\nreplace x.test/b => x.test/fork v1.0.0',
    },
    selects: ['x.test/a@v1.0.0', 'x.test/b@v1.0.0'],
  },
  {
    it: 'reads the replacement in place of every version of a module, and keeps its version for comparing',
    roots: [
      root(
        'go 1.16',
        'require x.test/a v1.0.0',
        'require x.test/b v1.3.0',
        'replace x.test/b => x.test/fork v0.1.0',
      ),
    ],
    mods: {
      'x.test/a@v1.0.0': 'require x.test/b v1.2.0',
      'x.test/fork@v0.1.0': 'module x.test/b\nrequire x.test/c v1.0.0',
      'x.test/c@v1.0.0': '',
    },
    selects: ['x.test/a@v1.0.0', 'x.test/c@v1.0.0', 'x.test/b@v1.3.0 => x.test/fork@v0.1.0'],
  },
  {
    it: 'prefers the replacement of one version to that of all',
    roots: [
      root(
        'go 1.17',
        'require x.test/b v1.3.0',
        'replace x.test/b => x.test/fork v0.1.0',
        'replace x.test/b v1.3.0 => x.test/b v1.2.9',
      ),
    ],
    mods: { 'x.test/b@v1.2.9': 'go 1.17' },
    selects: ['x.test/b@v1.3.0 => x.test/b@v1.2.9'],
  },
  {
    it: 'leaves versions alone that the replaced one is not',
    roots: [root('go 1.17', 'require x.test/b v1.3.0', 'replace x.test/b v1.2.0 => x.test/fork v0.1.0')],
    mods: { 'x.test/b@v1.3.0': 'go 1.17' },
    selects: ['x.test/b@v1.3.0'],
  },
  {
    it: 'prunes by the go line of the replacement',
    roots: [root('go 1.17', 'require x.test/a v1.0.0', 'replace x.test/a v1.0.0 => x.test/fork v1.0.0')],
    mods: {
      'x.test/fork@v1.0.0': 'go 1.16\nrequire x.test/b v1.0.0',
      'x.test/b@v1.0.0': 'go 1.17\nrequire x.test/c v1.0.0',
      'x.test/c@v1.0.0': 'go 1.17',
    },
    selects: ['x.test/b@v1.0.0', 'x.test/c@v1.0.0', 'x.test/a@v1.0.0 => x.test/fork@v1.0.0'],
  },
  {
    it: 'reads a folder that replaces a module, which nobody downloads',
    roots: [root('go 1.17', 'require corp/lib v0.0.0', 'replace corp/lib => ../lib')],
    mods: { 'x.test/a@v1.0.0': 'go 1.17' },
    folders: { '../lib': 'module anything\nrequire x.test/a v1.0.0' },
    selects: ['x.test/a@v1.0.0'],
  },
  {
    it: 'does not need the replaced module itself, nor a replacement that nothing requires',
    roots: [root('go 1.17', 'replace x.test/a => x.test/fork v1.0.0')],
    mods: {},
    selects: [],
  },
  {
    it: 'knows nothing of tools and retractions',
    roots: [root('go 1.24', 'tool x.test/tool/cmd', 'require x.test/a v1.0.0', 'retract v1.0.0')],
    mods: { 'x.test/a@v1.0.0': 'go 1.24\nretract v1.0.0' },
    selects: ['x.test/a@v1.0.0'],
  },
  {
    it: 'calls a root stale whose Go is older than a dependency allows',
    roots: [root('go 1.21', 'require x.test/a v1.0.0')],
    mods: { 'x.test/a@v1.0.0': 'go 1.21.1' },
    selects: ['x.test/a@v1.0.0'],
    stale: true,
  },
  {
    it: 'does not hold a dependency to a Go version before 1.21',
    roots: [root('go 1.18', 'require x.test/a v1.0.0')],
    mods: { 'x.test/a@v1.0.0': 'go 1.20' },
    selects: ['x.test/a@v1.0.0'],
  },
];

const workspaces: readonly Row[] = [
  {
    it: 'selects for all of its modules together, each pruned by its own go line',
    roots: ['module x.test/m\ngo 1.17\nrequire x.test/a v1.0.0', 'module x.test/n\nrequire x.test/b v1.0.0'],
    work: 'go 1.18',
    mods: {
      'x.test/a@v1.0.0': 'go 1.17\nrequire x.test/c v1.0.0',
      'x.test/b@v1.0.0': 'go 1.17\nrequire x.test/d v1.0.0',
      'x.test/d@v1.0.0': 'go 1.17\nrequire x.test/c v1.1.0',
      'x.test/c@v1.1.0': 'go 1.17',
    },
    selects: ['x.test/a@v1.0.0', 'x.test/b@v1.0.0', 'x.test/c@v1.1.0', 'x.test/d@v1.0.0'],
  },
  {
    it: 'uses its modules in place of any version that is required of them, and yet reads that',
    roots: ['module x.test/m\ngo 1.17\nrequire x.test/n v1.0.0', 'module x.test/n\ngo 1.17'],
    work: 'go 1.18',
    mods: { 'x.test/n@v1.0.0': 'go 1.17\nrequire x.test/a v1.0.0' },
    selects: ['x.test/a@v1.0.0'],
  },
  {
    it: 'loads what the version requires to which another module raised a requirement, and so on',
    roots: [
      'module x.test/m\ngo 1.17\nrequire x.test/a v1.0.0',
      'module x.test/n\ngo 1.17\nrequire x.test/b v1.0.0',
    ],
    work: 'go 1.18',
    mods: {
      'x.test/a@v1.0.0': 'go 1.17\nrequire x.test/c v1.0.0',
      'x.test/b@v1.0.0': 'go 1.17\nrequire x.test/a v1.1.0\nrequire x.test/c v1.1.0',
      'x.test/a@v1.1.0': 'go 1.17\nrequire x.test/c v1.0.0',
      'x.test/c@v1.0.0': 'go 1.17',
      'x.test/c@v1.1.0': 'go 1.17\nrequire x.test/d v1.0.0',
      'x.test/d@v1.0.0': 'go 1.17\nrequire x.test/e v1.0.0',
    },
    selects: ['x.test/a@v1.1.0', 'x.test/b@v1.0.0', 'x.test/c@v1.1.0', 'x.test/d@v1.0.0', 'x.test/e@v1.0.0'],
  },
  {
    it: 'never raises the requirements of its modules',
    roots: ['module x.test/m\ngo 1.17\nrequire x.test/a v1.0.0\nrequire x.test/a v1.1.0'],
    work: 'go 1.18',
    mods: { 'x.test/a@v1.0.0': 'go 1.17\nrequire x.test/b v1.0.0', 'x.test/a@v1.1.0': 'go 1.17' },
    selects: ['x.test/a@v1.1.0', 'x.test/b@v1.0.0'],
  },
  {
    it: 'excludes everywhere what one of its modules excludes',
    roots: [
      'module x.test/m\ngo 1.17\nrequire x.test/a v1.0.0',
      'module x.test/n\ngo 1.17\nexclude x.test/a v1.0.0',
    ],
    work: 'go 1.18',
    mods: {},
    selects: [],
  },
  {
    it: 'replaces everywhere what one of its modules replaces',
    roots: [
      'module x.test/m\ngo 1.17\nrequire x.test/a v1.0.0',
      'module x.test/n\ngo 1.17\nreplace x.test/a => x.test/fork v1.0.0',
    ],
    work: 'go 1.18',
    mods: { 'x.test/fork@v1.0.0': 'go 1.17' },
    selects: ['x.test/a@v1.0.0 => x.test/fork@v1.0.0'],
  },
  {
    it: 'takes the replacement of go.work, though a module names another and a version',
    roots: [
      'module x.test/m\ngo 1.17\nrequire x.test/a v1.0.0\nreplace x.test/a v1.0.0 => x.test/fork v1.0.0',
    ],
    work: 'go 1.18\nreplace x.test/a => x.test/spoon v1.0.0',
    mods: { 'x.test/spoon@v1.0.0': 'go 1.17' },
    selects: ['x.test/a@v1.0.0 => x.test/spoon@v1.0.0'],
  },
  {
    it: 'falls back on a replacement of a module where that of go.work is for another version',
    roots: ['module x.test/m\ngo 1.17\nrequire x.test/a v1.0.0\nreplace x.test/a => x.test/fork v1.0.0'],
    work: 'go 1.18\nreplace x.test/a v1.1.0 => x.test/spoon v1.0.0',
    mods: { 'x.test/fork@v1.0.0': 'go 1.17' },
    selects: ['x.test/a@v1.0.0 => x.test/fork@v1.0.0'],
  },
];

const broken: readonly Row[] = [
  {
    it: 'names a requirement that no proxy can serve',
    roots: [root('go 1.17', 'require x.test/a v1.0.0')],
    mods: { 'x.test/a@v1.0.0': 'go 1.17\nrequire corp/lib v1.0.0' },
    selects: ['x.test/a@v1.0.0'],
    problems: [
      'INVALID corp/lib: invalid module path: the first element has no dot: required by x.test/a@v1.0.0',
    ],
  },
  {
    it: 'names a replacement that no proxy can serve',
    roots: [root('go 1.17', 'require x.test/a v1.0.0', 'replace x.test/a => corp/lib v1.0.0')],
    mods: {},
    selects: [],
    problems: [
      'INVALID x.test/a@v1.0.0 is replaced by corp/lib: invalid module path: the first element has no dot: required by go.mod',
    ],
  },
  {
    it: 'names a folder without a readable go.mod, which then requires nothing',
    roots: [root('go 1.17', 'require x.test/a v1.0.0', 'replace x.test/a => ../a')],
    mods: {},
    selects: [],
    problems: [
      'FOLDER x.test/a@v1.0.0: no go.mod can be read in ../a, which go.mod puts in its place: required by go.mod',
    ],
  },
  {
    it: 'names a go.mod of another module',
    roots: [root('go 1.17', 'require x.test/a v1.0.0')],
    mods: { 'x.test/a@v1.0.0': 'module x.test/renamed\nrequire x.test/b v1.0.0' },
    selects: ['x.test/a@v1.0.0'],
    problems: ['MISNAMED x.test/a@v1.0.0: its go.mod declares the path x.test/renamed: required by go.mod'],
  },
  {
    it: 'names replacements in one file that contradict each other, and takes the first',
    roots: [
      root(
        'go 1.17',
        'require x.test/a v1.0.0',
        'replace x.test/a => x.test/b v1.0.0',
        'replace x.test/a => x.test/c v1.0.0',
      ),
    ],
    mods: { 'x.test/b@v1.0.0': 'go 1.17' },
    selects: ['x.test/a@v1.0.0 => x.test/b@v1.0.0'],
    problems: ['CONFLICT go.mod:5: x.test/a is replaced in line 4 too'],
  },
  {
    it: 'names replacements in two modules that contradict each other, and takes the last',
    roots: [
      'module x.test/m\ngo 1.17\nrequire x.test/a v1.0.0\nreplace x.test/a => x.test/b v1.0.0',
      'module x.test/n\ngo 1.17\nreplace x.test/a => x.test/c v1.0.0',
    ],
    work: 'go 1.18',
    mods: { 'x.test/c@v1.0.0': 'go 1.17' },
    selects: ['x.test/a@v1.0.0 => x.test/c@v1.0.0'],
    problems: ['CONFLICT 1/go.mod:3: x.test/a is replaced in go.mod too'],
  },
  {
    it: 'names two modules of one path in a workspace, and takes the first',
    roots: ['module x.test/m\ngo 1.17', 'module x.test/m\ngo 1.17\nrequire x.test/a v1.0.0'],
    work: 'go 1.18',
    mods: {},
    selects: [],
    problems: ['CONFLICT 1/go.mod: x.test/m is the module of go.mod too'],
  },
  {
    it: 'names a module of the workspace that go.work replaces',
    roots: ['module x.test/m\ngo 1.17'],
    work: 'go 1.18\nreplace x.test/m => x.test/n v1.0.0',
    mods: {},
    selects: [],
    problems: ['CONFLICT go.work:2: x.test/m is a module of the workspace, yet replaced'],
  },
];

function check({ selects, reads, stale = false, problems = [], ...given }: Row): void {
  const graph = resolveCase(given);
  expect(selectedNames(graph)).toEqual(selects);
  expect(names(graph.read)).toEqual(
    reads ?? names(Object.keys(given.mods).map(parseName).sort(compareModuleVersions)),
  );
  expect(graph.needed).toEqual([]);
  expect(graph.stale).toBe(stale);
  expect(graph.problems.map(({ code, message }) => `${code} ${message}`)).toEqual(problems);
}

describe('the graph of a module', () => {
  it.each(rows)('$it', check);
});

describe('the graph of a workspace', () => {
  it.each(workspaces)('$it', check);
});

describe('a graph that the go command refuses', () => {
  it.each(broken)('$it', check);

  it('takes a go.mod that cannot be had for one without requirements, and says so', () => {
    const { problems, ...graph } = resolveGraph(
      graphInput({ roots: [root('go 1.17', 'require x.test/a v1.0.0')] }),
      { readMod: () => 'withheld' },
    );
    expect(selectedNames({ ...graph, problems })).toEqual(['x.test/a@v1.0.0']);
    expect(graph.needed).toEqual([]);
    expect(problems).toEqual([
      {
        code: 'WITHHELD',
        message: 'x.test/a@v1.0.0: its go.mod cannot be had: required by go.mod',
        as: { path: 'x.test/a', version: 'v1.0.0' },
      },
    ]);
  });
});

describe('a graph whose go.mod files come bit by bit', () => {
  const input = graphInput({
    roots: [root('go 1.17', 'require x.test/a v1.0.0', 'require x.test/b v1.0.0')],
  });
  const mods: Mods = {
    'x.test/a@v1.0.0': 'go 1.16\nrequire x.test/c v1.0.0',
    'x.test/b@v1.0.0': 'go 1.17\nrequire x.test/a v1.1.0',
    'x.test/c@v1.0.0': '',
    'x.test/a@v1.1.0': 'go 1.17\nrequire x.test/d v1.0.0',
  };

  it('names those that are missing, and in the end needs none', () => {
    const held: Record<string, string> = {};
    const rounds: string[][] = [];
    for (;;) {
      const needed = names(resolveGraph(input, graphSource(held)).needed);
      rounds.push(needed);
      if (needed.length === 0) break;
      for (const name of needed) held[name] = mods[name] ?? '';
    }
    expect(rounds).toEqual([
      ['x.test/a@v1.0.0', 'x.test/b@v1.0.0'],
      ['x.test/c@v1.0.0'],
      ['x.test/a@v1.1.0'],
      [],
    ]);
  });

  it('says what is selected of what is known so far', () => {
    const { 'x.test/a@v1.0.0': _, ...held } = mods;
    const graph = resolveGraph(input, graphSource(held));
    expect(selectedNames(graph)).toEqual(['x.test/a@v1.1.0', 'x.test/b@v1.0.0']);
    expect(names(graph.read)).toEqual(['x.test/a@v1.0.0', 'x.test/b@v1.0.0']);
  });
});

describe('what the graph says beside', () => {
  it('why a version is selected: a root or the nearest module that asked for it', () => {
    const { selected } = resolveCase({
      roots: [root('go 1.17', 'require x.test/a v1.0.0', 'require x.test/b v1.0.0')],
      mods: {
        'x.test/a@v1.0.0': 'go 1.17\nrequire x.test/b v1.1.0\nrequire x.test/c v1.0.0',
        'x.test/b@v1.0.0': 'go 1.17\nrequire x.test/c v1.1.0',
        'x.test/b@v1.1.0': 'go 1.17\nrequire x.test/c v1.1.0',
      },
    });
    expect(selected.map(({ mv, because }) => [mv.path, because])).toEqual([
      ['x.test/a', { kind: 'root', source: 'go.mod' }],
      // Although the root was raised to it.
      ['x.test/b', { kind: 'module', mv: { path: 'x.test/a', version: 'v1.0.0' } }],
      ['x.test/c', { kind: 'module', mv: { path: 'x.test/b', version: 'v1.1.0' } }],
    ]);
  });

  it.each([
    ['the root asks for', ['go 1.24.1', 'go 1.23']],
    ['a dependency asks for', ['go 1.22', 'go 1.24.1']],
  ])('the highest Go version: that which %s', (_, [mine = '', theirs = '']) => {
    const graph = resolveCase({
      roots: [root(mine, 'require x.test/a v1.0.0')],
      mods: { 'x.test/a@v1.0.0': theirs },
    });
    expect(graph.go).toBe('1.24.1');
  });
});

describe('a large graph', () => {
  const COUNT = 20_000;
  const path = (index: number) => `x.test/m${index}`;

  it('of 20,000 modules, each requiring the next, is no deeper than the stack', () => {
    const mods = Object.fromEntries(
      Array.from({ length: COUNT }, (_, i) => [
        `${path(i)}@v1.0.0`,
        i + 1 < COUNT ? `require ${path(i + 1)} v1.0.0` : '',
      ]),
    );
    const input = graphInput({ roots: [root('go 1.16', `require ${path(0)} v1.0.0`)] });
    expect(resolveGraph(input, graphSource(mods)).selected).toHaveLength(COUNT);
  });

  it('of 20,000 modules with 30 requirements each takes well under a second', () => {
    const version = (index: number) => `v1.${index % 30}.0`;
    const require = (index: number) => `require ${path(index)} ${version(index)}`;
    const mods = Object.fromEntries(
      Array.from({ length: COUNT }, (_, i) => {
        const lines = Array.from({ length: 30 }, (_, k) => require((i * 7 + k * 131) % COUNT));
        return [`${path(i)}@${version(i)}`, lines.join('\n')];
      }),
    );
    const source = graphSource(mods);
    const input = graphInput({
      roots: [root('go 1.16', ...Array.from({ length: COUNT }, (_, i) => require(i)))],
    });
    const start = performance.now();
    const graph = resolveGraph(input, source);
    const elapsed = performance.now() - start;
    process.stderr.write(`${COUNT} modules, 600,000 requirements: ${Math.round(elapsed)} ms\n`);
    expect(graph.selected).toHaveLength(COUNT);
    // Several times what it takes on a quiet machine.
    expect(elapsed).toBeLessThan(4_000);
  });
});
