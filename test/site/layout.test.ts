import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../src/site/layout.ts';

describe('layoutOf', () => {
  it('is the layout of docs/architecture.md', () => {
    expect(layoutOf('/srv/mirror')).toEqual({
      mirror: '/srv/mirror',
      public: '/srv/mirror/public',
      snapshots: '/srv/mirror/public/snapshots',
      current: '/srv/mirror/public/current',
      sumdb: '/srv/mirror/public/sumdb',
      pool: '/srv/mirror/pool',
      logStaging: '/srv/mirror/staging',
      keptTiles: '/srv/mirror/pool/sumdb',
      staging: '/srv/mirror/staging',
      quarantine: '/srv/mirror/quarantine',
      about: '/srv/mirror/about',
      seeds: '/srv/mirror/seeds',
      stateDb: '/srv/mirror/state.db',
      pins: '/srv/mirror/pins.json',
      reserve: '/srv/mirror/reserve',
    });
  });
});
