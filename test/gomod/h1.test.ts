import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_GOMOD_H1, type HashedFile, hashFileList, hashGoMod, parseH1 } from '../../src/gomod/h1.ts';
import { refusal } from './refusal.ts';

const GO_MOD = Buffer.from('module example.com/m\n');

describe('the published vectors', () => {
  it('a go.mod', () => {
    expect(hashGoMod(GO_MOD)).toBe('h1:flS2VctbRrTv+sBE+VKgxx6hlkMGPVz9MGOmzMYFg3k=');
  });

  it('a zip of a go.mod and one file', () => {
    const files = [
      file('example.com/m@v1.0.0/m.go', 'package m\n'),
      file('example.com/m@v1.0.0/go.mod', GO_MOD.toString()),
    ];
    expect(hashFileList(files)).toBe('h1:fCHMqo5ggHEQvwcrsN81zr5orRk5lClR36KRHpfUjKg=');
  });

  it('no files', () => {
    expect(hashFileList([])).toBe('h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
  });

  it('an empty go.mod', () => {
    expect(hashGoMod(new Uint8Array())).toBe('h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=');
    expect(EMPTY_GOMOD_H1).toBe(hashGoMod(new Uint8Array()));
  });

  it('the go.mod of the toolchain module', () => {
    expect(hashGoMod(Buffer.from('module golang.org/toolchain\n'))).toBe(
      'h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=',
    );
  });
});

describe('hashFileList', () => {
  it('does not depend on the order of the files', () => {
    const names = fc.uniqueArray(
      fc.string({ unit: 'binary', maxLength: 8 }).filter((name) => !name.includes('\n')),
      { maxLength: 10 },
    );
    const orders = names.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(orders, ([names, shuffled]) => {
        expect(hashFileList(shuffled.map(ownName))).toBe(hashFileList(names.map(ownName)));
      }),
    );
  });

  it('is the SHA-256 of lines sorted by their UTF-8 bytes, not by UTF-16', () => {
    // U+FFEE is three bytes from 0xef, U+1F600 four bytes from 0xf0; JavaScript compares 0xffee with 0xd83d.
    const sorted = ['B', 'a', 'é', '\uffee', '\u{1f600}'];
    const list = sorted.map((name) => `${sha256(name)}  ${name}\n`).join('');
    const expected = `h1:${createHash('sha256').update(list).digest('base64')}`;
    expect(sorted.toSorted()).not.toEqual(sorted);
    expect(hashFileList(sorted.toReversed().map(ownName))).toBe(expected);
  });

  it('counts an empty file, as a directory entry is', () => {
    const one = file('m@v1/a', 'x');
    expect(hashFileList([one, file('m@v1/dir/', '')])).not.toBe(hashFileList([one]));
  });

  it.each([
    [
      'a newline in a name',
      [ownName('a\nb')],
      '"a\\nb": cannot hash the file list: a newline in a file name',
    ],
    [
      'a name that forges a second line',
      [ownName(`a\n${sha256('b')}  b`)],
      `"a\\n${sha256('b')}  b": cannot hash the file list: a newline in a file name`,
    ],
    [
      'two files of one name',
      [file('a', '1'), file('b', '2'), file('a', '3')],
      'a: cannot hash the file list: two files of one name',
    ],
    [
      'half a surrogate pair',
      [ownName('a'), file('\ud800', 'x')],
      '"\\ud800": cannot hash the file list: a file name that is not Unicode text',
    ],
  ])('refuses %s', (_, files, message) => {
    expect(refusal(() => hashFileList(files))).toEqual({ error: 'ModuleError', code: 'H1_INVALID', message });
  });

  it('does not reorder the list it is given', () => {
    const files = [ownName('b'), ownName('a')];
    hashFileList(files);
    expect(files.map(({ name }) => name)).toEqual(['b', 'a']);
  });
});

describe('parseH1', () => {
  it('accepts every hash that is made of 32 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const text = `h1:${Buffer.from(bytes).toString('base64')}`;
        expect(parseH1(text)).toBe(text);
      }),
    );
  });

  const good = 'flS2VctbRrTv+sBE+VKgxx6hlkMGPVz9MGOmzMYFg3k=';
  it.each([
    ['no prefix', good],
    ['another prefix', `h2:${good}`],
    ['a capital prefix', `H1:${good}`],
    ['white space', `h1: ${good}`],
    ['a newline at the end', `h1:${good}\n`],
    ['no padding', `h1:${good.slice(0, -1)}`],
    ['double padding', `h1:${good}=`],
    ['31 bytes', `h1:${Buffer.alloc(31).toString('base64')}`],
    ['33 bytes', `h1:${Buffer.alloc(33).toString('base64')}`],
    ['stray bits behind the last byte', `h1:${good.replace('k=', 'l=')}`],
    ['the alphabet of URLs', `h1:${good.replaceAll('+', '-')}`],
    ['hexadecimal', `h1:${'ab'.repeat(32)}`],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    const quoted = /^[!-~]+$/.test(text) ? text : JSON.stringify(text);
    expect(refusal(() => parseH1(text))).toEqual({
      error: 'ModuleError',
      code: 'H1_INVALID',
      message: `${quoted}: invalid h1 hash: not the base64 of 32 bytes`,
    });
  });
});

function file(name: string, content: string): HashedFile {
  return { name, sha256: sha256(content) };
}

function ownName(name: string): HashedFile {
  return file(name, name);
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
