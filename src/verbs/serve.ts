/** `serve`: the mirror over HTTP, for trying it and for small networks. */
import { parseDuration } from '../config/duration.ts';
import { ConfigError } from '../errors.ts';
import type { Io } from './context.ts';
import { EXIT } from './exit.ts';
import type { Verb } from './verb.ts';

const DEFAULT_LISTEN = '127.0.0.1:8080';

export const serveVerb: Verb = {
  name: 'serve',
  describe:
    'serve the folder public/ over HTTP until stopped, for GOPROXY=http://<listen>/current; changes nothing',
  flags: {
    listen: { type: 'string', requiresArg: true, describe: `address and port [${DEFAULT_LISTEN}]` },
  },
  run: async (context, args) => {
    const app = await context.loadApp();
    const written = typeof args.listen === 'string' ? args.listen : (app.config.listen ?? DEFAULT_LISTEN);
    const maxAge = app.config.maxAge === undefined ? undefined : parseDuration(app.config.maxAge);
    const { serve } = await import('../app/serve.ts');
    const stopped = firstSignal(context.io);
    const server = await serve(app, parseListen(written), maxAge).catch((error: unknown) => {
      throw cannotListen(error, written);
    });
    context.print(
      { url: server.url },
      () => `serving ${app.config.mirror}/public: GOPROXY=${server.url}/current\n`,
    );
    await stopped;
    await server.close();
    return EXIT.done;
  },
};

/** `host:port`, `[::1]:port`, or a port alone, which means loopback. */
export function parseListen(text: string): { host: string; port: number } {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new ConfigError('USAGE', `listen: '${text}' is no address with a port`, {
      hint: 'write it as 127.0.0.1:8080',
    });
  }
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port };
}

/** Resolves with the first signal, which then has its usual meaning again: a second one ends the process. */
function firstSignal(io: Io): Promise<void> {
  return new Promise((resolve) => {
    const end = io.onSignal(() => {
      end();
      resolve();
    });
  });
}

/** What the operating system says of an address is about the address, not about us. */
export function cannotListen(error: unknown, listen: string): unknown {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'address already in use',
    EADDRNOTAVAIL: 'this machine has no such address',
    ENOTFOUND: 'no such host',
    EACCES: 'not allowed to listen there',
  };
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  const reason = reasons[code ?? ''];
  if (reason === undefined) return error;
  return new ConfigError('USAGE', `listen: ${listen}: ${reason}`, {
    cause: error,
    hint: 'name another with --listen',
  });
}
