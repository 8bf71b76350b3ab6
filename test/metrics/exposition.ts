/** Reads Prometheus' text format as far as a test needs it: families with their types, and samples by their labels. */

export interface Exposition {
  /** Type by family. */
  readonly types: ReadonlyMap<string, string>;
  /** Value by `name{label="value",…}`, labels sorted. */
  readonly samples: ReadonlyMap<string, number>;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

export function parseExposition(text: string): Exposition {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line);
    if (type) {
      if (types.has(type[1] ?? '')) throw new Error(`two families named ${type[1]}`);
      types.set(type[1] ?? '', type[2] ?? '');
    }
    if (line === '' || line.startsWith('#')) continue;
    const sample = SAMPLE.exec(line);
    if (!sample) throw new Error(`no sample: ${line}`);
    const [, name = '', labels = '', value = ''] = sample;
    const sorted = [...labels.matchAll(LABEL)].map(([label]) => label).sort();
    const key = sorted.length > 0 ? `${name}{${sorted.join(',')}}` : name;
    if (samples.has(key)) throw new Error(`a sample twice: ${key}`);
    samples.set(key, Number(value));
  }
  return { types, samples };
}

/** The samples whose name begins with `prefix`, as an object that a test can compare. */
export function samplesOf({ samples }: Exposition, prefix: string): Record<string, number> {
  return Object.fromEntries([...samples].filter(([key]) => key.startsWith(prefix)));
}
