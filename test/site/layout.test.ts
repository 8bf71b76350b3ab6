import { relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinInside, layoutOf } from '../../src/site/layout.ts';

describe('layoutOf', () => {
  it('is the layout of docs/architecture.md', () => {
    expect(layoutOf('/srv/mirror')).toEqual({
      mirror: '/srv/mirror',
      public: '/srv/mirror/public',
      snapshots: '/srv/mirror/public/snapshots',
      current: '/srv/mirror/public/current',
      pool: '/srv/mirror/pool',
      staging: '/srv/mirror/staging',
      quarantine: '/srv/mirror/quarantine',
      seeds: '/srv/mirror/seeds',
      stateDb: '/srv/mirror/state.db',
    });
  });
});

describe('joinInside', () => {
  it.each([
    ['example.com/m/@v/list', '/srv/pool/example.com/m/@v/list'],
    ['a', '/srv/pool/a'],
    ['a/../b', '/srv/pool/b'],
    ['.hidden', '/srv/pool/.hidden'],
    // An absolute path counts from the folder.
    ['/etc/passwd', '/srv/pool/etc/passwd'],
  ])('goes down to %j', (path, joined) => {
    expect(joinInside('/srv/pool', path)).toBe(joined);
  });

  it.each([
    '',
    '.',
    'a/..',
    '..',
    '../',
    '../x',
    'a/../../x',
    '/..',
    '/../etc/passwd',
    '../pool-2/x',
    './../../x',
  ])('refuses %j', (path) => {
    expect(() => joinInside('/srv/pool', path)).toThrow(
      new Error(`path leaves its folder: ${JSON.stringify(path)}`),
    );
  });

  it('never answers with a path outside', () => {
    const element = fc.constantFrom('..', '.', '', 'a', '...', '..a', 'a..', '/');
    fc.assert(
      fc.property(fc.array(element), (elements) => {
        const path = elements.join('/');
        try {
          expect(relative('/srv/pool', joinInside('/srv/pool', path))).not.toMatch(/^(\.\.(\/|$)|$)/);
        } catch (error) {
          if (!(error instanceof Error && error.message.startsWith('path leaves its folder: '))) throw error;
        }
      }),
    );
  });
});
