/**
 * Random graphs, put to the go command and to the resolver. Compared are:
 * - what `go list -m all` selects, replacements too. Where it says `updates to go.mod needed` it is asked again with
 *   `-mod=mod`, which resolves a copy with the requirements raised: that is what the resolver promises there.
 * - whose go.mod it fetches into an empty cache, for `go list -m` of a pattern that needs the whole graph and matches
 *   nothing. (`all` itself then opens the go.mod of each selected version to show its Go version.)
 * - whether it says so.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModuleGraph } from '../../src/gomod/module-graph.ts';
import { askGo, type GoAnswer, hasGo, writeProxy } from '../support/graph-go.ts';
import { names, resolveCase, selectedNames } from '../support/graph-mods.ts';
import {
  type RandomCase,
  randomModule,
  randomNumbers,
  randomUniverse,
  randomWorkspace,
} from '../support/graph-random.ts';

const SEED = Number(process.env.GRAPH_SEED ?? 20_261_127);
const UNIVERSES = 36;
const noGo = !hasGo();
if (noGo) process.stderr.write('\n*** SKIPPED: the comparison of module graphs: there is no go command\n\n');

describe.skipIf(noGo)(`against the real go command, seed ${SEED}`, { timeout: 120_000 }, () => {
  const work = mkdtempSync(join(tmpdir(), 'modferry-graph-'));
  const proxy = join(work, 'proxy');
  const random = randomNumbers(SEED);
  const cases = Array.from({ length: UNIVERSES }, (_, universe): RandomCase[] => {
    const mods = randomUniverse(random, `u${universe}`);
    writeProxy(proxy, mods);
    return [
      ...Array.from({ length: 7 }, (_, i) => randomModule(random, `u${universe}-m${i}`, mods)),
      ...Array.from({ length: 3 }, (_, i) => randomWorkspace(random, `u${universe}-w${i}`, mods)),
    ];
  }).flat();
  let asked: { given: RandomCase; go: GoAnswer; ours: ModuleGraph }[] = [];

  beforeAll(async () => {
    const start = performance.now();
    const queue = new PQueue({ concurrency: 2 });
    const all = cases.map(async (given) => {
      const go = await queue.add(() => askGo(work, `file://${proxy}`, given));
      return { given, go, ours: resolveCase(given) };
    });
    asked = await Promise.all(all);
    process.stderr.write(`${cases.length} graphs in ${Math.round(performance.now() - start)} ms\n`);
  }, 120_000);

  afterAll(() => rmSync(work, { recursive: true, force: true }));

  it('has an answer for every graph', () => {
    expect(asked.filter(({ go }) => go.refused !== '').map(describeCase)).toEqual([]);
  });

  it('selects the same versions', () => {
    expect(differing(({ go, ours }) => [selectedNames(ours).sort(), [...go.selected].sort()])).toEqual([]);
  });

  it('reads the same go.mod files', () => {
    expect(differing(({ go, ours }) => [names(ours.read).sort(), go.read])).toEqual([]);
  });

  it('finds the same roots stale', () => {
    expect(differing(({ go, ours }) => [ours.stale, go.stale])).toEqual([]);
  });

  type Asked = (typeof asked)[number];

  function differing(compare: (asked: Asked) => readonly [ours: unknown, go: unknown]): unknown[] {
    return asked
      .filter((one) => {
        const [ours, go] = compare(one);
        return JSON.stringify(ours) !== JSON.stringify(go);
      })
      .map((one) => ({ ours: compare(one)[0], go: compare(one)[1], ...describeCase(one) }))
      .slice(0, 3);
  }
});

function describeCase({ given, go }: { given: RandomCase; go: GoAnswer }): Record<string, unknown> {
  const { mods: _, ...shown } = given;
  return { ...shown, refused: go.refused };
}
