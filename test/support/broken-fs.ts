/**
 * Loaded before the program (`node --import`): calls of node:fs that fail as a broken disk makes them fail. What
 * fails stands in BROKEN_FS, a list of `Break` (child.ts).
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import type { Break } from './child.ts';

type Call = (...args: unknown[]) => unknown;

const breaks = JSON.parse(process.env.BROKEN_FS ?? '[]') as Break[];
/** By descriptor, the path that it was opened by. */
const opened = new Map<number, string>();
// What is patched here is looked up by name, and called as Node calls it.
const calls = fs as unknown as Record<string, Call>;

if (isMainThread) patch();

function patch(): void {
  const { openSync } = fs;
  fs.openSync = (path, ...rest) => {
    const fd = openSync(path, ...rest);
    opened.set(fd, String(path));
    return fd;
  };
  for (const one of breaks) breakCall(one);
  syncBuiltinESMExports();
}

function breakCall({ call, code, path = '', times = Number.POSITIVE_INFINITY, after = 0 }: Break): void {
  const right = calls[call];
  if (right === undefined) throw new Error(`node:fs has no ${call}`);
  const matches = new RegExp(path);
  let count = 0;
  const mayFail = (args: readonly unknown[]) => {
    const names = args.filter((arg) => typeof arg === 'string' || typeof arg === 'number').slice(0, 2);
    const isMeant = names.some((name) =>
      matches.test(typeof name === 'number' ? (opened.get(name) ?? '') : String(name)),
    );
    if (!isMeant) return false;
    count++;
    return count > after && count <= after + times;
  };
  const patched: Call = (...args) => {
    if (!mayFail(args)) return right(...args);
    const error = failure(call, code, args[0]);
    const callback = args.at(-1);
    if (typeof callback !== 'function') throw error;
    return setImmediate(() => callback(error));
  };
  calls[call] = patched;
}

function failure(call: string, code: string, name: unknown): Error {
  const syscall = call.replace(/Sync$/, '');
  const path = typeof name === 'string' ? { path: name } : {};
  const where = typeof name === 'string' ? ` '${name}'` : '';
  const errno = -(constants.errno[code as keyof typeof constants.errno] ?? 0);
  const message = `${code}: broken for a test, ${syscall}${where}`;
  return Object.assign(new Error(message), { code, errno, syscall, ...path });
}
