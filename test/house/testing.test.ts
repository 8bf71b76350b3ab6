/** docs/testing.md names tests: they are there. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPO } from './sources.ts';

const text = readFileSync(join(REPO, 'docs/testing.md'), 'utf8');
const lines = text.split('\n').filter((line) => /^\| .* \| `test\//.test(line));
const named = lines.flatMap((line) => {
  const [, what = '', tests = ''] = /^\| (.*?) \| (`test\/.*) \|$/.exec(line) ?? [];
  return tests.split('<br>').map((one) => {
    const [, file = '', name = ''] = /^`(test\/[^`]+)` › (.+)$/.exec(one) ?? [];
    return { what, file, name: name.replaceAll('\\|', '|') };
  });
});

describe('docs/testing.md', () => {
  it('has a line for each of the things that may happen', () => {
    expect(lines.length).toBeGreaterThan(35);
    expect(named.length).toBeGreaterThan(80);
  });

  it.each(named)('$what: $file › $name', ({ file, name }) => {
    expect(name).not.toBe('');
    expect(existsSync(join(REPO, file)), file).toBe(true);
    expect(readFileSync(join(REPO, file), 'utf8').replaceAll("\\'", "'")).toContain(name);
  });
});
