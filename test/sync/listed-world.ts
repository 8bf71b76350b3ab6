/** A world with a go.sum file and a go.sum by URL, for the tests of URL seeds. */
import { makeWorld, type World } from '../support/sync-fixture.ts';
import type { UpstreamServer } from '../support/upstream-server.ts';

/** One module is wanted by a file, another by a list on a server. */
export async function makeListedWorld(): Promise<{ world: World; server: UpstreamServer; url: string }> {
  const world = await makeWorld();
  world.add('example.com/m', 'v1.0.0');
  world.add('example.com/n', 'v1.0.0');
  const server = await world.anotherUpstream();
  const url = `${server.url}/app/go.sum`;
  server.put('app/go.sum', `${world.modLines('example.com/n@v1.0.0').join('\n')}\n`);
  world.writeSum('a/go.sum', world.modLines('example.com/m@v1.0.0'));
  world.configure({ seeds: ['.', { url }] });
  return { world, server, url };
}
