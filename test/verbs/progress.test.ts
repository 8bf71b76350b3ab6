import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Progress } from '../../src/verbs/progress.ts';
import { type FakeIo, fakeIo } from './command-line.ts';

const ESCAPE = '\u001b';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Watched {
  readonly progress: Progress;
  readonly io: FakeIo;
  readonly traffic: { stats: { bytes: number } };
}

function watch(terminal: boolean, wanted = true): Watched {
  const io = fakeIo('/', { terminal: { stdout: false, stderr: terminal, columns: 80 } });
  const traffic = { stats: { bytes: 0 } };
  return { io, traffic, progress: new Progress(io, traffic, wanted) };
}

function done(progress: Progress, count: number): void {
  for (let index = 0; index < count; index++) progress.moduleDone();
}

describe('progress off a terminal', () => {
  it('is a line now and then: done of wanted, bytes, rate and time left', () => {
    const { progress, io, traffic } = watch(false);
    progress.planned(40);
    vi.advanceTimersByTime(14_999);
    expect(io.said.stderr).toBe('');
    done(progress, 10);
    traffic.stats.bytes = 30_000_000;
    vi.advanceTimersByTime(1);
    expect(io.said.stderr).toBe('fetching: 10/40 module versions, 30.0 MB, 2.0 MB/s, 45 s left\n');
    done(progress, 30);
    traffic.stats.bytes = 60_000_000;
    vi.advanceTimersByTime(15_000);
    expect(io.said.stderr.split('\n')[1]).toBe(
      'fetching: 40/40 module versions, 60.0 MB, 2.0 MB/s, 0 s left',
    );
    progress.publishing();
    expect(io.said.stderr).not.toContain(ESCAPE);
    expect(io.said.stdout).toBe('');
  });

  it('makes up no time left before anything is done', () => {
    const { progress, io } = watch(false);
    progress.planned(3);
    vi.advanceTimersByTime(15_000);
    expect(io.said.stderr).toBe('fetching: 0/3 module versions, 0 B, 0 B/s\n');
    progress.end();
  });

  it('is silent when the run is shorter', () => {
    const { progress, io } = watch(false);
    progress.planned(3);
    vi.advanceTimersByTime(10_000);
    progress.publishing();
    vi.advanceTimersByTime(60_000);
    expect(io.said.stderr).toBe('');
  });
});

describe('progress on a terminal', () => {
  it('is a bar that is drawn over itself, and taken away at the end', () => {
    const { progress, io, traffic } = watch(true);
    progress.planned(4);
    done(progress, 1);
    traffic.stats.bytes = 1000;
    vi.advanceTimersByTime(200);
    const bar = (filled: string, text: string) => `\r${ESCAPE}[K[${filled}] ${text}`;
    const first = bar('######------------------', '1/4 module versions, 1.0 kB, 5.0 kB/s, 1 s left');
    expect(io.said.stderr).toBe(first);
    done(progress, 3);
    vi.advanceTimersByTime(200);
    const second = bar('########################', '4/4 module versions, 1.0 kB, 2.5 kB/s, 0 s left');
    expect(io.said.stderr).toBe(first + second);
    progress.publishing();
    expect(io.said.stderr).toBe(`${first}${second}\r${ESCAPE}[K`);
  });

  it('draws nothing more once it has ended, however often it is ended', () => {
    const { progress, io } = watch(true);
    progress.planned(4);
    progress.end();
    const said = io.said.stderr;
    progress.end();
    progress.publishing();
    vi.advanceTimersByTime(60_000);
    expect(io.said.stderr).toBe(said);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe.each([
  ['on a terminal', true],
  ['off a terminal', false],
])('%s, progress', (_, terminal) => {
  it('says nothing with --quiet', () => {
    const { progress, io } = watch(terminal, false);
    progress.planned(4);
    vi.advanceTimersByTime(60_000);
    progress.publishing();
    expect(io.said).toEqual({ stdout: '', stderr: '' });
  });

  it('says nothing where nothing is to be fetched', () => {
    const { progress, io } = watch(terminal);
    progress.planned(0);
    vi.advanceTimersByTime(60_000);
    progress.publishing();
    expect(io.said).toEqual({ stdout: '', stderr: '' });
  });
});
