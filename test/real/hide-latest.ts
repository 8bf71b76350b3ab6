/**
 * A GOPROXY on 127.0.0.1 that redirects everything to the one named on the command line, but knows no `latest` of a
 * checksum database: then the newest tree head is the newest that a lookup carries. Prints its address; ends with its
 * standard input.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const [, , behind = ''] = process.argv;
const server = createServer((request, response) => {
  const path = request.url ?? '/';
  if (/^\/sumdb\/[^/]+\/latest$/.test(path)) response.writeHead(404).end('not here\n');
  else response.writeHead(302, { location: behind + path }).end();
});
server.listen(0, '127.0.0.1', () => {
  // True, since it listens on a port.
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
