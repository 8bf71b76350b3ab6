import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLease } from '../../src/store/lease.ts';
import { hintOf } from '../config/hint.ts';
import { refusal } from '../gomod/refusal.ts';

const HOLDER = fileURLToPath(new URL('./hold-lease.ts', import.meta.url));
const TUESDAY = () => new Date('2026-11-03T00:00:00Z');

let mirror = '';
const children: ChildProcess[] = [];
beforeEach(() => {
  mirror = mkdtempSync(join(tmpdir(), 'modferry-lease-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(mirror, { recursive: true, force: true });
});

/** Another process that holds the lease by the time this resolves. */
async function holdElsewhere(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [HOLDER, mirror], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  if (child.stdout === null) throw new Error('the child has no stdout');
  const [first] = (await once(child.stdout, 'data')) as [Buffer];
  expect(first.toString()).toBe('held\n');
  return child;
}

const acquire = () => acquireLease(mirror, 'sync', TUESDAY);
const note = () => join(mirror, 'lock.json');

describe('the lease of a mirror', () => {
  it('is noted for people while it is held, and the note goes with it', () => {
    const lease = acquire();
    expect(lease.abandonedBy).toBeUndefined();
    expect(JSON.parse(readFileSync(note(), 'utf8'))).toEqual({
      pid: process.pid,
      host: hostname(),
      verb: 'sync',
      since: '2026-11-03T00:00:00.000Z',
    });
    lease.release();
    expect(existsSync(note())).toBe(false);
    acquire().release();
  });

  it('is held by one: a second one in the same process is refused too', () => {
    const lease = acquire();
    expect(refusal(acquire).code).toBe('LOCKED');
    lease.release();
    acquire().release();
  });

  it('is refused at once while another process holds it, naming who, where and since when', async () => {
    const child = await holdElsewhere();
    expect(refusal(acquire)).toEqual({
      error: 'StateError',
      code: 'LOCKED',
      message: `${mirror}: is locked by sync of process ${child.pid} on ${hostname()} since 2026-11-02T00:00:00.000Z`,
    });
    expect(hintOf(acquire)).toBe('wait until that run has ended; the lock goes with its process');
    expect(JSON.parse(readFileSync(note(), 'utf8'))).toMatchObject({ pid: child.pid });
  });

  it.each([
    ['is cut short', '{"pid":12'],
    ['is empty', ''],
  ])('is refused when the note of its holder %s, naming nobody', async (_, text) => {
    await holdElsewhere();
    writeFileSync(note(), text);
    expect(refusal(acquire).message).toBe(`${mirror}: is locked by another process`);
  });

  it('is free when its holder ends in peace', async () => {
    const child = await holdElsewhere();
    child.stdin?.end();
    await once(child, 'exit');
    const lease = acquire();
    expect(lease.abandonedBy).toBeUndefined();
    lease.release();
  });

  it('is taken over when its holder is killed, and tells who that was', async () => {
    const child = await holdElsewhere();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lease = acquire();
    expect(lease.abandonedBy).toEqual({
      pid: child.pid,
      host: hostname(),
      verb: 'sync',
      since: '2026-11-02T00:00:00.000Z',
    });
    expect(JSON.parse(readFileSync(note(), 'utf8'))).toMatchObject({ pid: process.pid });
    lease.release();
    expect(existsSync(note())).toBe(false);
  });

  it('is taken over when the note of the dead is cut short', () => {
    writeFileSync(note(), '{"pid":12');
    const lease = acquire();
    expect(lease.abandonedBy).toBeUndefined();
    lease.release();
  });
});
