/** What the tests of mistakes share: a mistake, how to make it, and that it leaves the mirror as it was. */
import { existsSync, rmSync } from 'node:fs';
import { expect } from 'vitest';
import { makeWorld, type World } from '../support/sync-fixture.ts';

export interface Mistake {
  readonly name: string;
  readonly make: (world: World) => void;
  readonly argv?: readonly string[];
  readonly code: string;
  /** `CONFIG` stands for the configuration's path, `HOME` for its folder. */
  readonly message: string;
  readonly hint?: string;
}

export const sum =
  (...lines: string[]) =>
  (world: World) =>
    world.writeSum('a/go.sum', lines);

export const config =
  (fields: object): Mistake['make'] =>
  (world) =>
    world.configure(fields);

/** Makes the mistake where there is no mirror yet, and beside one that has a snapshot. */
export async function expectNoChange(mistake: Mistake): Promise<void> {
  await using world = await makeWorld();
  startOver(world);
  mistake.make(world);
  await expectRefusal(world, mistake);
  expect(existsSync(world.mirror)).toBe(false);

  startOver(world);
  expect((await world.sync()).exit).toBe(0);
  const before = world.everything();
  mistake.make(world);
  await expectRefusal(world, mistake);
  expect(world.everything()).toEqual(before);
}

/** A configuration and a go.sum that sync. */
function startOver(world: World): void {
  rmSync(world.home, { recursive: true, force: true });
  delete world.env.GOPROXY;
  world.configure();
  world.add('example.com/m', 'v1.0.0');
  world.writeSum('a/go.sum', world.modLines());
}

async function expectRefusal(world: World, { argv = [], code, message, hint }: Mistake): Promise<void> {
  const written = (text: string) => text.replace('CONFIG', world.configFile).replace('HOME', world.home);
  const asked = world.upstream.requests.length;
  const { exit, json, log } = await world.refused('sync', ...argv);
  const error = { code, message: written(message), ...(hint === undefined ? {} : { hint: written(hint) }) };
  expect({ exit, json, log }).toEqual({ exit: 2, json: { error }, log: [] });
  expect(world.upstream.requests).toHaveLength(asked);
}
