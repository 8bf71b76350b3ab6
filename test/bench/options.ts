/** What the benchmark is asked to do, by its command line and by what the machine has room for. */
import { statfsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface Options {
  /** How often each thing is timed. */
  readonly runs: number;
  /** A JSON file of `{ module, version }`: the projects whose go.sum files are mirrored. */
  readonly projects: string;
  /** Holds what is kept between benchmarks (the files to fetch) and, while it runs, everything that is timed. */
  readonly work: string;
  /** Where the figures go as JSON. */
  readonly json: string | undefined;
  /** A folder on a real disk, where the cold sync and `go mod download` are timed once more. */
  readonly disk: string | undefined;
}

const RUNS = 3;
const PROJECTS = 'test/bench/projects.json';
const MEMORY = '/dev/shm';
/** Bytes: the files twice, and Go's module cache, which also holds them unpacked. */
const ROOM = 10e9;

/** Throws TypeError for an option that it does not know. */
export function parseOptions(args: readonly string[], repository: string): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      projects: { type: 'string' },
      work: { type: 'string' },
      json: { type: 'string' },
      disk: { type: 'string' },
    },
  });
  return {
    runs: values.quick ? 1 : RUNS,
    projects: resolve(values.projects ?? `${repository}/${PROJECTS}`),
    work: resolve(values.work ?? defaultWork(repository)),
    json: values.json && resolve(values.json),
    disk: values.disk && resolve(values.disk),
  };
}

/** Memory where there is room: a disk's own swings would drown what is to be seen. */
function defaultWork(repository: string): string {
  return roomIn(MEMORY) >= ROOM ? `${MEMORY}/modferry-bench` : `${repository}/.bench`;
}

function roomIn(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    // Not every system has such a folder.
    return 0;
  }
}
