/** A folder public/ with two snapshots' worth of files, and servers over it that end with the test. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type RunningServer, type ServerOptions, startServer } from '../../src/http/server.ts';

export interface PublicFolder extends AsyncDisposable {
  readonly root: string;
  /** What the servers warned of. */
  readonly warnings: string[];
  put(path: string, content: string | Buffer): void;
  serve(options?: Partial<ServerOptions>): Promise<RunningServer>;
}

export function makePublicFolder(): PublicFolder {
  const mirror = mkdtempSync(join(tmpdir(), 'modferry-http-'));
  const root = join(mirror, 'public');
  const servers: RunningServer[] = [];
  const warnings: string[] = [];
  const folder: PublicFolder = {
    root,
    warnings,
    put: (path, content) => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    },
    serve: async (options = {}) => {
      const warn = (message: string) => void warnings.push(message);
      const server = await startServer({ root, host: '127.0.0.1', port: 0, warn, ...options });
      servers.push(server);
      return server;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(servers.map((server) => server.close()));
      rmSync(mirror, { recursive: true, force: true });
    },
  };
  folder.put('snapshots/s1/example.com/m/@v/list', 'v1.0.0\n');
  folder.put('snapshots/s1/example.com/m/@v/v1.0.0.zip', 'PK0123456789');
  folder.put('snapshots/s1/_mirror/snapshot.json', '{}');
  symlinkSync('snapshots/s1', join(root, 'current'));
  return folder;
}
