/**
 * `npm run test:soak -- [--kills 200] [--seed n]`: a mirror that grows while its syncs are killed at random moments, and
 * readers hammer `current` all the time. After each kill sha256sum judges what is published; after every few a sync runs
 * to its end, which must converge and ask for nothing that was finished. Prints kills, runs that converged, and wrong
 * answers, files lost and files left over, which must be 0; exit status 1 otherwise. All on 127.0.0.1.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { checkGo, checkSums, hasGo } from '../crash/outside.ts';
import { REPO } from '../house/sources.ts';
import { type LogWorld, makeLogWorld } from '../sync/log-world.ts';
import { type Readings, readWithoutRest } from './readers.ts';

const MAIN = join(REPO, 'src/cli/main.ts');
const READERS = 4;
/** Kills between two runs that may end. */
const IN_A_ROW = 4;

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: `${Date.now() % 1e6}` },
  },
});

interface Tally {
  kills: number;
  /** Processes that had ended before their time came. */
  survived: number;
  converged: number;
  readonly failures: string[];
}

/** Small and seeded: a soak that failed can be run again. */
class Chance {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }
  /** From 0 to below 1. */
  next(): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#state / 2 ** 32;
  }
}

class Soak {
  readonly tally: Tally = { kills: 0, survived: 0, converged: 0, failures: [] };
  readonly #world: LogWorld;
  readonly #chance: Chance;
  #modules = 0;
  /** How long a run that ended took, in milliseconds: kills fall anywhere in it. */
  #length = 1500;

  constructor(world: LogWorld, chance: Chance) {
    this.#world = world;
    this.#chance = chance;
  }

  /** More modules for the list; the first of them are what readers always find. */
  grow(count: number): void {
    for (let index = 0; index < count; index++) {
      const path = `example.com/m${this.#modules++}`;
      const size = Math.floor(this.#chance.next() ** 4 * 2_000_000);
      const content = `package m // ${path} ${'x'.repeat(size)}\n`;
      this.#world.add(path, 'v1.0.0', { 'go.mod': `module ${path}\n`, 'm.go': content });
    }
    this.#world.sumAll();
  }

  async killOne(): Promise<void> {
    const child = spawn(process.execPath, [MAIN, 'sync', '--quiet'], {
      cwd: this.#world.home,
      env: { PATH: process.env.PATH, HOME: this.#world.home },
      stdio: 'ignore',
    });
    const ended = once(child, 'exit');
    await Promise.race([ended, delay(Math.floor(this.#chance.next() * this.#length))]);
    if (child.exitCode === null) {
      child.kill('SIGKILL');
      this.tally.kills++;
    } else this.tally.survived++;
    await ended;
    this.#check('after a kill');
  }

  /** A run that may end: everything is there then, and nothing finished was asked for again. */
  async converge(): Promise<void> {
    const done = this.#finished();
    this.#world.upstream.forget();
    const begin = Date.now();
    const { exit, json, stderr } = await this.#world.sync();
    this.#length = Math.max(600, 1.2 * (Date.now() - begin) + 700);
    const again = this.#world.upstream.paths.filter((path) => done.has(path));
    if (exit !== 0 || json.modules.missing > 0) this.#fail(`a rerun ended with ${exit}: ${stderr}`);
    else if (again.length > 0)
      this.#fail(`finished files were asked for again: ${again.slice(0, 3).join(', ')}`);
    else this.tally.converged++;
    for (const unsound of this.#world.unsound()) this.#fail(unsound);
    const lost = 3 * this.#modules - this.#finished().size;
    if (lost !== 0) this.#fail(`${lost} files are lost`);
    this.#check('after a rerun');
  }

  /** Everything once more, by the go command and by our own verify. */
  async checkAll(): Promise<void> {
    checkGo(this.#world);
    const { json } = await this.#world.verify('--full');
    for (const { path, message } of json.problems) this.#fail(`${path}: ${message}`);
  }

  #finished(): Set<string> {
    const paths = Object.keys(this.#world.everything('pool'));
    return new Set(paths.filter((path) => /\.(info|mod|zip)$/.test(path)));
  }

  #check(when: string): void {
    try {
      checkSums(this.#world);
    } catch (error) {
      this.#fail(`${when}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #fail(what: string): void {
    this.tally.failures.push(what);
    process.stderr.write(`soak: WRONG: ${what}\n`);
  }
}

const seed = Number(values.seed);
const kills = Number(values.kills);
const begin = Date.now();
const world = await makeLogWorld();
const soak = new Soak(world, new Chance(seed));
const stop = new AbortController();
const readings: Readings = { answers: 0, wrong: [] };
try {
  soak.grow(12);
  await soak.converge();
  const always = world.files().filter((path) => /\/@v\/v.*\.(mod|zip)$/.test(path));
  const paths = [...always, '_mirror/snapshot.json'];
  const truth = (path: string) => (path.startsWith('_mirror/') ? undefined : world.upstream.file(path));
  const reading = Array.from({ length: READERS }, () =>
    readWithoutRest(world.current, () => paths, truth, readings, stop.signal),
  );
  while (soak.tally.kills < kills) {
    soak.grow(3);
    for (let count = 0; count < IN_A_ROW && soak.tally.kills < kills; count++) await soak.killOne();
    await soak.converge();
    process.stderr.write(`soak: ${soak.tally.kills} of ${kills} kills, ${readings.answers} answers\n`);
  }
  stop.abort();
  await Promise.all(reading);
  await soak.checkAll();
} finally {
  stop.abort();
  await world[Symbol.asyncDispose]();
}

const { tally } = soak;
const wrong = readings.wrong.length + tally.failures.length;
process.stdout.write(
  [
    `seed ${seed}, ${Math.round((Date.now() - begin) / 1000)} s`,
    `kills: ${tally.kills}; ended before: ${tally.survived}`,
    `reruns that converged: ${tally.converged}`,
    `answers read through current: ${readings.answers}, wrong: ${readings.wrong.length}`,
    `lost, left over or not converged: ${tally.failures.length}`,
    ...(hasGo ? [] : ['not checked by the go command: there is none']),
    ...readings.wrong.slice(0, 10),
    '',
  ].join('\n'),
);
if (wrong > 0 || tally.kills < kills || existsSync(world.root)) process.exitCode = 1;
