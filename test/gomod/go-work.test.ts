import { describe, expect, it } from 'vitest';
import { parseGoWork } from '../../src/gomod/go-work.ts';
import { refusal } from './refusal.ts';

describe('parseGoWork', () => {
  it('reads every directive', () => {
    const text = `go 1.25.0
toolchain go1.25.3
godebug default=go1.21
use ./a
use (
	./b // second
	"../c d"
)
replace example.com/x v1.0 => example.com/y v1.2.3
`;
    expect(parseGoWork(text, 'go.work')).toEqual({
      go: '1.25.0',
      toolchain: 'go1.25.3',
      use: [
        { path: './a', line: 4 },
        { path: './b', line: 6 },
        { path: '../c d', line: 7 },
      ],
      replace: [
        {
          old: { path: 'example.com/x', version: 'v1.0.0' },
          by: { kind: 'module', path: 'example.com/y', version: 'v1.2.3' },
          line: 9,
        },
      ],
    });
  });

  it('reads an empty file as nothing', () => {
    expect(parseGoWork('', 'go.work')).toEqual({ go: undefined, toolchain: undefined, use: [], replace: [] });
  });

  it.each([
    ['a module', 'module a.b/c', 1, 'unknown directive: module'],
    ['a requirement', 'go 1.21\nrequire (\n\ta.b/c v1.0.0\n)', 2, 'unknown block: require'],
    ['a second go directive', 'go 1.20\ngo 1.21', 2, 'repeated go directive'],
    ['a second toolchain', 'toolchain go1.20\ntoolchain go1.21', 2, 'repeated toolchain directive'],
    ['a go version that Go forgives in dependencies', 'go 1.20.x', 1, 'invalid go version: 1.20.x'],
    ['a use of nothing', 'use', 1, 'use takes one argument, not 0'],
    ['a use of two folders', 'use a b', 1, 'use takes one argument, not 2'],
    ['a setting without a value', 'godebug x', 1, 'godebug takes key=value'],
    ['a block that is not closed', 'use (\n./a', 1, 'the block is not closed'],
  ])('refuses %s', (_, text, line, reason) => {
    expect(refusal(() => parseGoWork(text, 'ws/go.work'))).toEqual({
      error: 'ModuleError',
      code: 'GOMOD_MALFORMED',
      message: `ws/go.work:${line}: ${reason}`,
    });
  });
});
