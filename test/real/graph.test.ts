/**
 * Module graphs of real projects: the go.mod of each from the configured upstream, and of the go.mod files below it
 * those that the resolver needs. These, with those of the selected versions, are then the GOPROXY of the go command, with
 * an `.info` of our own for each and no zip: it must do with them, select the same versions, and read the same go.mod
 * files for the graph. All roots are complete upstream and ask for a Go that is installed.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { Agent, fetch } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { moduleFilePath } from '../../src/gomod/artifact.ts';
import { type GoMod, parseGoMod } from '../../src/gomod/go-mod.ts';
import { type ModuleGraph, resolveGraph } from '../../src/gomod/module-graph.ts';
import { requiredAnywhere, supersetOf } from '../../src/gomod/module-graph-closure.ts';
import { formatModuleVersion, type ModuleVersion } from '../../src/gomod/module-version.ts';
import { askGo, writeProxy } from '../support/graph-go.ts';
import { names, parseName, selectedNames } from '../support/graph-mods.ts';
import { hasProgram, sayWhatIsSkipped, temporaryFolder } from './real-world.ts';

const noGo = sayWhatIsSkipped(!hasProgram('go'), 'real module graphs: there is no go command');

const PROJECTS = [
  'github.com/gin-gonic/gin@v1.12.0',
  'github.com/spf13/cobra@v1.10.2',
  'github.com/tsenart/vegeta/v12@v12.13.0',
  'google.golang.org/grpc@v1.85.0',
  'k8s.io/client-go@v0.37.2',
  'github.com/golangci/golangci-lint/v2@v2.15.0',
  'oss.terrastruct.com/d2@v0.7.2',
  'helm.sh/helm/v3@v3.22.0',
  'github.com/caddyserver/caddy/v2@v2.11.9',
  'github.com/prometheus/prometheus@v0.316.0',
];

/** go.mod files by name, as they came; those of several projects are fetched once. */
const texts = new Map<string, string>();
const parsed = new Map<string, GoMod | 'withheld'>();
const CONNECTIONS = 8;
const queue = new PQueue({ concurrency: CONNECTIONS });
/** Few connections that stay: each new one asks the name server, and one that loses a question costs 5 seconds. */
const dispatcher = new Agent({ connections: CONNECTIONS, keepAliveTimeout: 60_000 });

describe.skipIf(noGo)('the module graph of', () => {
  const work = temporaryFolder('graph');
  const upstreams = execFileSync('go', ['env', 'GOPROXY'], { encoding: 'utf8' }).trim();
  const [upstream = ''] = upstreams.split(/[,|]/);

  afterAll(async () => {
    await dispatcher.close();
    work.remove();
  });

  it.each(PROJECTS)('%s is what the go command makes of it', async (name) => {
    const root = parseName(name);
    await fetchMods(upstream, [root]);
    const text = texts.get(name) ?? '';
    const { graph, elapsed, rounds } = await resolve(upstream, name, text);
    expect(graph.problems).toEqual([]);

    const selected = graph.selected.map(({ mv }) => mv);
    await fetchMods(upstream, selected);
    const mods = Object.fromEntries(
      [...names(graph.read), ...names(selected)].map((mv) => [mv, texts.get(mv) ?? '']),
    );
    const proxy = join(work.path, `${name.replaceAll('/', '_')}.proxy`);
    writeProxy(proxy, mods);
    const given = { name: name.replaceAll('/', '_'), mods, roots: [text] };
    const go = await askGo(work.path, `file://${proxy}`, given);
    expect(go.refused).toBe('');
    expect(selectedNames(graph).sort()).toEqual([...go.selected].sort());
    expect(names(graph.read).sort()).toEqual(go.read);
    expect(graph.stale).toBe(go.stale);
    process.stderr.write(
      `${name}: ${graph.selected.length} selected, ${graph.read.length} go.mod files read in ${rounds} rounds, ` +
        `resolved in ${elapsed} ms, go ${graph.go}; ${beside(selected)}\n`,
    );
  });
});

async function resolve(
  upstream: string,
  source: string,
  text: string,
): Promise<{ graph: ModuleGraph; elapsed: number; rounds: number }> {
  const input = { roots: [{ goMod: parseGoMod(text, source, { lax: false }), source }] };
  for (let rounds = 1; ; rounds++) {
    const start = performance.now();
    const graph = resolveGraph(input, { readMod });
    const elapsed = Math.round(performance.now() - start);
    if (graph.needed.length === 0) return { graph, elapsed, rounds };
    await fetchMods(upstream, graph.needed);
  }
}

/** How much more other ways to complete a mirror would want, of what is held by now. */
function beside(selected: readonly ModuleVersion[]): string {
  const superset = supersetOf(selected, { readMod });
  const anywhere = requiredAnywhere(selected, { readMod });
  const open =
    anywhere.needed.length === 0 ? '' : ` and what ${anywhere.needed.length} more go.mod files name`;
  return `${superset.required.length} named by these, ${anywhere.required.length}${open} anywhere`;
}

function readMod(mv: ModuleVersion): GoMod | undefined | 'withheld' {
  return parsed.get(formatModuleVersion(mv));
}

async function fetchMods(upstream: string, mvs: readonly ModuleVersion[]): Promise<void> {
  const missing = mvs.filter((mv) => !parsed.has(formatModuleVersion(mv)));
  await Promise.all(missing.map((mv) => queue.add(() => fetchMod(upstream, mv))));
}

async function fetchMod(upstream: string, mv: ModuleVersion): Promise<void> {
  const name = formatModuleVersion(mv);
  const response = await fetch(`${upstream}/${moduleFilePath(mv, 'mod')}`, { dispatcher });
  const text = await response.text();
  if ([403, 404, 410].includes(response.status)) {
    parsed.set(name, 'withheld');
  } else if (response.ok) {
    texts.set(name, text);
    parsed.set(name, parseGoMod(text, name, { lax: true }));
  } else {
    throw new Error(`${name}: status ${response.status}`);
  }
}
