/** The rest of the build list, which no go.sum line names: judged by the log, fetched until nothing more is selected. */
import { expect, test } from 'vitest';
import type { LogWorld } from './log-world.ts';
import { makeLogWorld } from './log-world.ts';

const files = (path: string, require: readonly string[] = [], go = '1.21') => ({
  'go.mod': `module ${path}\n\ngo ${go}\n\n${require.map((one) => `require ${one}\n`).join('')}`,
  'm.go': 'package m\n',
});

/**
 * main requires a v1.0.0, which requires b v1.1.0, which requires c v1.0.0 and an older b. With graph pruning go.sum names
 * a whole and, of what a requires, nothing that no package comes from.
 */
function addChain(world: LogWorld): void {
  world.add('example.com/c', 'v1.0.0', files('example.com/c'));
  world.add('example.com/b', 'v1.0.0', files('example.com/b'));
  world.add(
    'example.com/b',
    'v1.1.0',
    files('example.com/b', ['example.com/c v1.0.0', 'example.com/b v1.0.0']),
  );
  world.add('example.com/a', 'v1.0.0', files('example.com/a', ['example.com/b v1.1.0']));
  world.writeSum('p/go.sum', world.upstream.goSumLines('example.com/a@v1.0.0'));
}

function writeRoot(world: LogWorld, more = ''): void {
  world.write('p/go.mod', `module example.com/p\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n${more}`);
}

const endings = (world: LogWorld, path: string) =>
  world
    .files()
    .filter((file) => file.startsWith(`${path}.`))
    .map((file) => file.slice(path.length + 1));

test('what a go.mod selects beyond go.sum comes as .info, .mod and lookup, round by round; then nothing is asked', async () => {
  await using world = await makeLogWorld();
  addChain(world);
  writeRoot(world);

  const { exit, json } = await world.sync();

  expect(json.problems).toEqual([]);
  expect(exit).toBe(0);
  expect(json.modules).toMatchObject({ wanted: 2, fetched: 2 });
  expect(endings(world, 'example.com/a/@v/v1.0.0')).toEqual(['info', 'mod', 'zip']);
  expect(endings(world, 'example.com/b/@v/v1.1.0')).toEqual(['info', 'mod']);
  expect(endings(world, 'example.com/c/@v/v1.0.0')).toEqual([]);
  expect(world.served('lookup/example.com/b@v1.1.0')).toBeDefined();
  const { json: why } = await world.why('example.com/b@v1.1.0');
  expect(why.versions[0]?.wantedBy).toEqual([
    { source: 'p/go.mod (graph)', line: 0, file: 'mod', h1: null, because: 'example.com/a@v1.0.0' },
  ]);
  const { stdout } = await world.run('why', 'example.com/b@v1.1.0');
  expect(stdout).toContain('selected by p/go.mod because example.com/a@v1.0.0 requires it (mod)');
  world.upstream.forget();
  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'unchanged', requests: 0 } });
  expect(world.unsound()).toEqual([]);
});

test('below a module without graph pruning the whole graph is selected', async () => {
  await using world = await makeLogWorld();
  addChain(world);
  world.add('example.com/a', 'v1.0.1', files('example.com/a', ['example.com/b v1.1.0'], '1.16'));
  world.writeSum('p/go.sum', world.upstream.goSumLines('example.com/a@v1.0.1'));
  world.write('p/go.mod', 'module example.com/p\n\ngo 1.21\n\nrequire example.com/a v1.0.1\n');

  expect((await world.sync()).exit).toBe(0);

  expect(endings(world, 'example.com/b/@v/v1.1.0')).toEqual(['info', 'mod']);
  expect(endings(world, 'example.com/b/@v/v1.0.0')).toEqual(['info', 'mod']);
  expect(endings(world, 'example.com/c/@v/v1.0.0')).toEqual(['info', 'mod']);
});

test("zips: 'graph' brings the zips of everything that is selected", async () => {
  await using world = await makeLogWorld();
  addChain(world);
  writeRoot(world);
  world.configure({ zips: 'graph' });

  expect((await world.sync()).exit).toBe(0);

  expect(endings(world, 'example.com/b/@v/v1.1.0')).toEqual(['info', 'mod', 'zip']);
  expect(world.read('example.com/b/@v/list')).toBe('v1.1.0\n');
});

test("graph: 'listed' is go.sum alone; without the log it is the default", async () => {
  await using world = await makeLogWorld();
  addChain(world);
  writeRoot(world);
  for (const config of [{ graph: 'listed' as const }, { sumdb: 'off' }]) {
    world.configure(config);
    expect((await world.sync()).exit).toBe(0);
    expect(endings(world, 'example.com/b/@v/v1.1.0')).toEqual([]);
  }
});

test('without the root go.mod every version that the go.mod files of go.sum require is taken', async () => {
  await using world = await makeLogWorld();
  addChain(world);

  expect((await world.sync()).exit).toBe(0);

  expect(endings(world, 'example.com/b/@v/v1.1.0')).toEqual(['info', 'mod']);
  expect(endings(world, 'example.com/c/@v/v1.0.0')).toEqual([]);
});

test("graph: 'closure' takes every version that is required anywhere", async () => {
  await using world = await makeLogWorld();
  addChain(world);
  writeRoot(world);
  world.configure({ graph: 'closure' });

  expect((await world.sync()).exit).toBe(0);

  expect(endings(world, 'example.com/c/@v/v1.0.0')).toEqual(['info', 'mod']);
  expect(endings(world, 'example.com/b/@v/v1.0.0')).toEqual(['info', 'mod']);
});

test('replace and exclude of the root have their say; a replacement is taken under its own name', async () => {
  await using world = await makeLogWorld();
  addChain(world);
  world.add('example.com/fork', 'v1.5.0', files('example.com/b', ['example.com/d v1.0.0']));
  world.add('example.com/d', 'v1.0.0', files('example.com/d'));
  writeRoot(world, '\nreplace example.com/b => example.com/fork v1.5.0\n');

  expect((await world.sync()).exit).toBe(0);

  expect(endings(world, 'example.com/fork/@v/v1.5.0')).toEqual(['info', 'mod']);
  // A new module that requires a reads what is replaced in p alone.
  expect(endings(world, 'example.com/b/@v/v1.1.0')).toEqual(['info', 'mod']);
  const { json } = await world.why('example.com/b@v1.1.0');
  expect(json.versions[0]?.wantedBy).toMatchObject([{ source: '_mirror/go.mod (graph)' }]);
});

test("a folder's own go.mod counts where it replaces a module", async () => {
  await using world = await makeLogWorld();
  addChain(world);
  world.write('here/go.mod', 'module example.com/b\n\ngo 1.21\n\nrequire example.com/c v1.0.0\n');
  writeRoot(world, '\nreplace example.com/b => ../here\n');
  world.configure({ seeds: ['p'] });

  expect((await world.sync()).exit).toBe(0);

  expect(endings(world, 'example.com/c/@v/v1.0.0')).toEqual([]);
  world.write(
    'p/go.mod',
    'module example.com/p\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v1.1.0\n)\n\nreplace example.com/b => ../here\n',
  );
  expect((await world.sync()).exit).toBe(0);
  expect(endings(world, 'example.com/c/@v/v1.0.0')).toEqual(['info', 'mod']);
  world.upstream.forget();
  world.write('here/go.mod', 'module example.com/b\n\ngo 1.21\n\nrequire example.com/b v1.0.0\n');
  await world.sync();
  expect((await world.sync()).json.requests).toBe(0);
});

test('a workspace selects over all of its members, and reads their go.sum files', async () => {
  await using world = await makeLogWorld();
  addChain(world);
  world.add('example.com/b', 'v1.2.0', files('example.com/b'));
  world.write('w/go.work', 'go 1.21\n\nuse (\n\t./one\n\t./two\n)\n');
  world.writeSum('w/go.work.sum', world.modLines('example.com/c@v1.0.0'));
  world.write('w/one/go.mod', 'module example.com/one\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n');
  world.writeSum('w/one/go.sum', world.upstream.goSumLines('example.com/a@v1.0.0'));
  world.write('w/two/go.mod', 'module example.com/two\n\ngo 1.21\n\nrequire example.com/b v1.2.0\n');
  world.writeSum('w/two/go.sum', world.upstream.goSumLines('example.com/b@v1.2.0'));
  world.configure({ seeds: ['w/go.work.sum'] });

  const { exit, json } = await world.sync();

  expect(json.problems).toEqual([]);
  expect(exit).toBe(0);
  expect(json.seeds).toMatchObject([{ source: 'w/go.work.sum', wanted: 3, complete: true }]);
  expect(endings(world, 'example.com/a/@v/v1.0.0')).toEqual(['info', 'mod', 'zip']);
  expect(endings(world, 'example.com/b/@v/v1.2.0')).toEqual(['info', 'mod', 'zip']);
  // Pruned away in the workspace; a new module that lowers b looks at it.
  expect(endings(world, 'example.com/b/@v/v1.1.0')).toEqual(['info', 'mod']);
  const { json: why } = await world.why('example.com/b@v1.1.0');
  expect(why.versions[0]?.wantedBy).toMatchObject([{ source: '_mirror/go.mod (graph)' }]);
});

test('a go.work without go.work.sum is a seed too, and status warns of it; a member that is gone is told', async () => {
  await using world = await makeLogWorld();
  addChain(world);
  world.write('w/go.work', 'go 1.21\n\nuse (\n\t./one\n\t./gone\n)\n');
  world.write('w/one/go.mod', 'module example.com/one\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n');
  world.writeSum('w/one/go.sum', world.upstream.goSumLines('example.com/a@v1.0.0'));
  world.configure({ seeds: ['w'] });

  const { exit, json, stderr } = await world.sync();

  expect(exit).toBe(0);
  expect(stderr).toContain('w/go.work:5: use ./gone: there is no go.mod; the workspace is taken without it');
  expect(json.seeds.map(({ source }) => source)).toEqual(['w/go.work', 'w/one/go.sum']);
  expect(endings(world, 'example.com/b/@v/v1.1.0')).toEqual(['info', 'mod']);
  const { json: status } = await world.status();
  expect(status.seeds[0]?.warnings).toEqual([
    'w/go.work: has no go.work.sum beside it: run go list -m all there',
  ]);
});

test('a withheld .info with a proved .mod is replaced by our own', async () => {
  await using world = await makeLogWorld();
  addChain(world);
  writeRoot(world);
  world.upstream.fault('example.com/b/@v/v1.1.0.info', { status: 403 });
  world.upstream.fault('example.com/a/@v/v1.0.0.info', { status: 404 });

  const { exit, json, stderr } = await world.sync();

  expect(json.problems).toEqual([]);
  expect(exit).toBe(0);
  expect(world.read('example.com/b/@v/v1.1.0.info')).toBe('{"Version":"v1.1.0"}');
  expect(world.read('example.com/a/@v/v1.0.0.info')).toBe('{"Version":"v1.0.0"}');
  expect(stderr).toContain('example.com/b@v1.1.0: info from');
  expect(stderr).toContain('it is written here, without a time');
});

test.each([
  ['an .info that is withheld while its .mod is missing', { mod: 404 }, 3],
  ['an .info that cannot be had just now', { info: 503 }, 3],
] as const)('%s stays missing', async (_, { mod, info }: { mod?: number; info?: number }, expected) => {
  await using world = await makeLogWorld();
  addChain(world);
  writeRoot(world);
  world.upstream.fault('example.com/b/@v/v1.1.0.info', { status: info ?? 403 });
  if (mod !== undefined) world.upstream.fault('example.com/b/@v/v1.1.0.mod', { status: mod });

  expect((await world.sync()).exit).toBe(expected);
  expect(endings(world, 'example.com/b/@v/v1.1.0')).not.toContain('info');
});

test('a .mod that is withheld ends the graph there, is reported, and the graph goes on when it comes', async () => {
  await using world = await makeLogWorld();
  addChain(world);
  world.write('p/go.mod', 'module example.com/p\n\ngo 1.16\n\nrequire example.com/a v1.0.0\n');
  world.upstream.fault('example.com/b/@v/v1.1.0.mod', { status: 403 });

  const { exit, json } = await world.sync();

  expect(exit).toBe(3);
  expect(json.problems).toMatchObject(
    [
      {
        module: 'example.com/b',
        version: 'v1.1.0',
        file: 'mod',
        code: 'REJECTED',
        sources: ['p/go.mod (graph)'],
      },
      { module: 'example.com/b', version: 'v1.1.0', file: 'info' },
    ].slice(0, json.problems.length),
  );
  world.upstream.heal();
  expect((await world.sync()).exit).toBe(0);
  expect(endings(world, 'example.com/c/@v/v1.0.0')).toEqual(['info', 'mod']);
});

test.each([
  [{ graph: 'selected' }, "graph: 'selected'"],
  [{ graph: 'closure' }, "graph: 'closure'"],
  [{ zips: 'graph' }, "zips: 'graph'"],
] as const)('%j needs the checksum database, else exit 2', async (fields, named) => {
  await using world = await makeLogWorld();
  world.writeSum('a/go.sum', []);
  world.configure({ ...fields, sumdb: 'off' });
  for (const verb of ['sync', 'plan']) {
    const { exit, json } = await world.refused(verb);
    expect(exit).toBe(2);
    expect(json.error.message).toBe(
      `${world.configFile}: ${named} needs the checksum database, and sumdb is 'off'`,
    );
  }
});

test('from-seeds takes the newest patch where mirrored modules need a newer Go than any root, and asks for it once', async () => {
  await using world = await makeLogWorld();
  for (const name of ['go1.26.0', 'go1.27.1', 'go1.27.4', 'go1.28.0'])
    world.add('golang.org/toolchain', `v0.0.1-${name}.linux-amd64`, { 'bin/go': '#!/bin/sh\n' });
  world.add('example.com/new', 'v1.0.0', files('example.com/new', [], '1.27.2'));
  world.add('example.com/a', 'v1.0.0', files('example.com/a'));
  world.writeSum('p/go.sum', world.upstream.goSumLines('example.com/a@v1.0.0'));
  world.write('p/go.mod', 'module example.com/p\n\ngo 1.26\n\nrequire example.com/a v1.0.0\n');
  world.writeSum('q/go.sum', world.upstream.goSumLines('example.com/new@v1.0.0'));
  world.configure({ seeds: ['.', { toolchain: 'from-seeds' }] });

  const { exit, json } = await world.sync();

  expect(json.problems).toEqual([]);
  expect(exit).toBe(0);
  const zips = world.files().filter((path) => path.startsWith('golang.org/') && path.endsWith('.zip'));
  expect(zips.map((path) => path.replace(/.*v0\.0\.1-|\.linux.*/g, ''))).toEqual(['go1.26.0', 'go1.27.4']);
  world.upstream.forget();
  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'unchanged', requests: 0 } });
});

test('a module that the go.mod to start from selects higher than any seed comes with its zip, and nothing else does', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/low', 'v1.0.0', files('example.com/low'));
  world.add('example.com/low', 'v1.1.0', files('example.com/low', ['example.com/leaf v1.0.0']));
  world.add('example.com/leaf', 'v1.0.0', files('example.com/leaf'));
  world.add('example.com/high', 'v1.0.0', files('example.com/high', ['example.com/low v1.1.0']));
  world.writeSum('p/go.sum', world.upstream.goSumLines('example.com/low@v1.0.0'));
  world.writeSum('q/go.sum', world.upstream.goSumLines('example.com/high@v1.0.0'));

  expect((await world.sync()).exit).toBe(0);

  expect(world.read('example.com/low/@v/list')).toBe('v1.0.0\nv1.1.0\n');
  expect(endings(world, 'example.com/leaf/@v/v1.0.0')).toEqual(['info', 'mod']);
  expect(world.read('_mirror/go.mod')).toContain('example.com/low v1.1.0 // indirect');
});

test('the go.mod to start from leaves out, and names, what leads to a go.mod that nobody has', async () => {
  await using world = await makeLogWorld();
  world.add('example.com/gone', 'v1.0.0', files('example.com/gone'));
  world.add('example.com/old', 'v1.0.0', files('example.com/old', ['example.com/gone v1.0.0'], '1.16'));
  world.add('example.com/user', 'v1.0.0', files('example.com/user', ['example.com/old v1.0.0'], '1.16'));
  world.add('example.com/fine', 'v1.0.0', files('example.com/fine'));
  world.writeSum(
    'p/go.sum',
    ['old', 'user', 'fine'].flatMap((name) => world.upstream.goSumLines(`example.com/${name}@v1.0.0`)),
  );
  world.upstream.fault(/^example\.com\/gone\//, { status: 403 });

  expect((await world.sync()).exit).toBe(3);

  const starter = world.read('_mirror/go.mod');
  expect(starter).toContain(
    '// Left out, since what they require is not here:\n//\texample.com/old@v1.0.0\n',
  );
  expect(starter).toContain('example.com/fine v1.0.0 // indirect');
  expect(starter).not.toMatch(/\texample\.com\/old v1/);
  world.upstream.heal();
  expect((await world.sync()).exit).toBe(0);
  expect(world.read('_mirror/go.mod')).toContain('example.com/old v1.0.0 // indirect');
});

test('plan --sizes tells what each choice would hold', async () => {
  await using world = await makeLogWorld();
  addChain(world);
  writeRoot(world);
  await world.sync();
  const sizeOf = (path: string) => world.upstream.file(path).length;

  const { json } = await world.plan('--sizes');

  const [a, b] = [sizeOf('example.com/a/@v/v1.0.0.zip'), sizeOf('example.com/b/@v/v1.1.0.zip')];
  expect(json.choices).toEqual([
    { graph: 'listed', zips: 'listed', versions: 1, zipCount: 1, heldBytes: a, bytes: a, isFinal: true },
    { graph: 'selected', zips: 'listed', versions: 2, zipCount: 1, heldBytes: a, bytes: a, isFinal: true },
    { graph: 'closure', zips: 'listed', versions: 4, zipCount: 1, heldBytes: a, bytes: a, isFinal: false },
    { graph: 'selected', zips: 'graph', versions: 2, zipCount: 2, heldBytes: a, bytes: a + b, isFinal: true },
  ]);
});

test('the zips that an upgrade passes through come too: what the raised module brings in, or needs higher', async () => {
  await using world = await makeLogWorld();
  for (const version of ['v1.0.0', 'v1.1.0', 'v1.2.0']) {
    world.add('example.com/new', version, files('example.com/new'));
    world.add('example.com/old', version, files('example.com/old'));
    world.add('example.com/test', version, files('example.com/test'));
  }
  const tested = 'example.com/test v1.0.0';
  world.add('example.com/a', 'v1.0.0', files('example.com/a', ['example.com/old v1.0.0', tested]));
  world.add(
    'example.com/a',
    'v1.1.0',
    files('example.com/a', ['example.com/new v1.0.0', 'example.com/old v1.1.0', 'example.com/test v1.1.0']),
  );
  world.writeSum('p/go.sum', world.upstream.goSumLines('example.com/a@v1.0.0', 'example.com/old@v1.0.0'));
  world.write(
    'p/go.mod',
    'module example.com/p\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/old v1.0.0 // indirect\n)\n',
  );
  world.writeSum(
    'q/go.sum',
    ['a@v1.1.0', 'new@v1.2.0', 'old@v1.2.0', 'test@v1.2.0'].flatMap((name) =>
      world.upstream.goSumLines(`example.com/${name}`),
    ),
  );

  const { exit, json } = await world.sync();

  expect(json.problems).toEqual([]);
  expect(exit).toBe(0);
  expect(world.read('example.com/new/@v/list')).toBe('v1.0.0\nv1.2.0\n');
  expect(world.read('example.com/old/@v/list')).toBe('v1.0.0\nv1.1.0\nv1.2.0\n');
  // a needed it before the upgrade, and p uses no package of it.
  expect(world.read('example.com/test/@v/list')).toBe('v1.2.0\n');
  const { stdout } = await world.run('why', 'example.com/new@v1.0.0');
  expect(stdout).toContain('selected by go get -u because example.com/a@v1.1.0 requires it (zip)');
  world.upstream.forget();
  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'unchanged', requests: 0 } });
});

test('a module whose path begins that of one in use comes with its zip, where it takes part in selection', async () => {
  await using world = await makeLogWorld();
  for (const version of ['v1.0.0', 'v1.1.0'])
    world.add('example.com/x', version, files('example.com/x', [], '1.16'));
  world.add('example.com/x/y', 'v1.0.0', files('example.com/x/y', ['example.com/x v1.0.0']));
  world.add('example.com/z', 'v1.0.0', files('example.com/z', ['example.com/x v1.1.0']));
  world.writeSum('p/go.sum', world.upstream.goSumLines('example.com/x/y@v1.0.0', 'example.com/z@v1.0.0'));
  world.write(
    'p/go.mod',
    'module example.com/p\n\ngo 1.21\n\nrequire (\n\texample.com/x/y v1.0.0\n\texample.com/z v1.0.0\n)\n',
  );

  expect((await world.sync()).exit).toBe(0);

  expect(world.read('example.com/x/@v/list')).toBe('v1.1.0\n');
  expect(endings(world, 'example.com/x/@v/v1.0.0')).toEqual(['info', 'mod']);
  const { stdout } = await world.run('why', 'example.com/x@v1.1.0');
  expect(stdout).toContain('because example.com/x/y requires it (zip)');
  world.upstream.forget();
  expect(await world.sync()).toMatchObject({ exit: 0, json: { outcome: 'unchanged', requests: 0 } });
});
