/** The real process behind `Io`. A reader that goes away early (`| head`) ends the printing, not the work. */
import type { Io } from './context.ts';

export function processIo(): Io {
  // What is published is read by a file server that is another user: a tight umask would make it 403 for all.
  process.umask(0o022);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return {
    cwd: process.cwd(),
    env: process.env,
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    terminal: {
      stdout: process.stdout.isTTY === true,
      stderr: process.stderr.isTTY === true,
      columns: process.stdout.columns ?? 110,
    },
    onSignal: (handle) => {
      const listeners = (['SIGINT', 'SIGTERM'] as const).map(
        (signal) => [signal, () => handle(signal)] as const,
      );
      for (const [signal, listener] of listeners) process.on(signal, listener);
      return () => {
        for (const [signal, listener] of listeners) process.off(signal, listener);
      };
    },
  };
}
