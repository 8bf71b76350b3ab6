import { describe, expect, it } from 'vitest';
import { type Closure, requiredAnywhere, supersetOf } from '../../src/gomod/module-graph-closure.ts';
import { graphSource, type Mods, names, parseName } from '../support/graph-mods.ts';

const mods: Mods = {
  'x.test/new@v1.0.0': 'go 1.17\nrequire x.test/b v1.0.0',
  'x.test/old@v1.0.0': 'go 1.16\nrequire x.test/c v1.0.0',
  'x.test/b@v1.0.0': 'go 1.17\nrequire x.test/beyond v1.0.0',
  'x.test/c@v1.0.0': 'go 1.17\nrequire x.test/d v1.0.0',
  'x.test/d@v1.0.0': 'go 1.17\nrequire x.test/old v1.0.0\nrequire x.test/e v1.0.0',
  'x.test/e@v1.0.0': '',
};

const NEW = parseName('x.test/new@v1.0.0');
const OLD = parseName('x.test/old@v1.0.0');

/** What it takes in the end, if each go.mod it needs is then held. */
function inTheEnd(ask: (held: Mods) => Closure): { required: string[]; read: string[] } {
  const held: Record<string, string> = {};
  for (;;) {
    const { required, needed } = ask(held);
    if (needed.length === 0) return { required: names(required), read: Object.keys(held).sort() };
    for (const name of names(needed)) held[name] = mods[name] ?? '';
  }
}

describe('requiredAnywhere', () => {
  it.each([
    {
      of: 'a module of Go 1.17: what it names',
      starts: [NEW],
      required: ['x.test/b@v1.0.0'],
      read: ['x.test/new@v1.0.0'],
    },
    {
      of: 'a module of Go 1.16: all below it, itself too where something requires it',
      starts: [OLD],
      required: ['x.test/c@v1.0.0', 'x.test/d@v1.0.0', 'x.test/e@v1.0.0', 'x.test/old@v1.0.0'],
      read: ['x.test/c@v1.0.0', 'x.test/d@v1.0.0', 'x.test/e@v1.0.0', 'x.test/old@v1.0.0'],
    },
    {
      of: 'a module that is given and also lies below an old one: all below it',
      starts: [parseName('x.test/d@v1.0.0'), OLD],
      required: ['x.test/c@v1.0.0', 'x.test/d@v1.0.0', 'x.test/e@v1.0.0', 'x.test/old@v1.0.0'],
      read: ['x.test/c@v1.0.0', 'x.test/d@v1.0.0', 'x.test/e@v1.0.0', 'x.test/old@v1.0.0'],
    },
    { of: 'nothing: nothing', starts: [], required: [], read: [] },
  ])('takes of $of', ({ starts, required, read }) => {
    expect(inTheEnd((held) => requiredAnywhere(starts, graphSource(held)))).toEqual({ required, read });
  });

  it('names a requirement that no proxy can serve, and goes on', () => {
    const source = graphSource({ 'x.test/new@v1.0.0': 'require corp/lib v1.0.0\nrequire x.test/e v1.0.0' });
    const { required, needed, problems } = requiredAnywhere([NEW], source);
    expect([names(required), names(needed)]).toEqual([['x.test/e@v1.0.0'], ['x.test/e@v1.0.0']]);
    expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'INVALID corp/lib: invalid module path: the first element has no dot: required by x.test/new@v1.0.0',
    ]);
  });

  it('goes on without a go.mod that cannot be had', () => {
    const { required, needed, problems } = requiredAnywhere([NEW], { readMod: () => 'withheld' });
    expect([required, needed, problems.map(({ code }) => code)]).toEqual([[], [], ['WITHHELD']]);
  });
});

describe('supersetOf', () => {
  it('takes what each module names, and no more', () => {
    expect(inTheEnd((held) => supersetOf([NEW, OLD], graphSource(held)))).toEqual({
      required: ['x.test/b@v1.0.0', 'x.test/c@v1.0.0'],
      read: ['x.test/new@v1.0.0', 'x.test/old@v1.0.0'],
    });
  });
});
