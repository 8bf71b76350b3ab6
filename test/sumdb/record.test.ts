import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { lookupPath, parseLookup, parseRecord, recomposeLookup } from '../../src/sumdb/record.ts';
import { refusal } from './refusal.ts';

const MV = parseModuleVersion('golang.org/x/text', 'v0.14.0');
const ZIP_H1 = 'h1:ScX5w1eTa3QqT8oi6+ziP7dTV1S2+ALU0bI+0zXKWiQ=';
const MOD_H1 = 'h1:18ZOQIKpY8NJVqYksKHtTdi31H5itFRjB5/qKTNYzSU=';
const ZIP = `golang.org/x/text v0.14.0 ${ZIP_H1}\n`;
const MOD = `golang.org/x/text v0.14.0/go.mod ${MOD_H1}\n`;
const NOTE = 'go.sum database tree\n7\n\n\u2014 log.example AAAA\n';

describe('lookupPath', () => {
  it.each([
    ['golang.org/x/text', 'v0.14.0', 'lookup/golang.org/x/text@v0.14.0'],
    ['github.com/BurntSushi/toml', 'v1.0.0-RC1', 'lookup/github.com/!burnt!sushi/toml@v1.0.0-!r!c1'],
    ['example.com/m', 'v2.0.0+incompatible', 'lookup/example.com/m@v2.0.0+incompatible'],
  ])('of %s %s', (path, version, expected) => {
    expect(lookupPath(parseModuleVersion(path, version))).toBe(expected);
  });
});

describe('parseLookup', () => {
  const body = `20485573\n${ZIP}${MOD}\n${NOTE}`;

  it('parts number, record and note at the first empty line', () => {
    const parts = { id: 20_485_573, recordText: ZIP + MOD, note: NOTE };
    expect(parseLookup(Buffer.from(body))).toEqual(parts);
    expect(recomposeLookup(parts.id, parts.recordText, parts.note)).toBe(body);
  });

  it('leaves what follows the record to the note, hashes too', () => {
    const { recordText, note } = parseLookup(Buffer.from(`1\n${ZIP}${MOD}\n${ZIP}\n${NOTE}`));
    expect(recordText).toBe(ZIP + MOD);
    expect(note).toBe(`${ZIP}\n${NOTE}`);
  });

  it.each(['0', '4294967296', '9007199254740991'])('reads the number %s', (id) => {
    expect(parseLookup(Buffer.from(`${id}\n${ZIP}${MOD}\n${NOTE}`)).id).toBe(Number(id));
  });

  it.each([
    ['', '""'],
    ['01', '01'],
    ['00', '00'],
    ['1 ', '"1 "'],
    [' 1', '" 1"'],
    ['-1', '-1'],
    ['-0', '-0'],
    ['+1', '+1'],
    ['0x1', '0x1'],
    ['1e3', '1e3'],
    ['1.0', '1.0'],
    ['1_000', '1_000'],
    ['\u0661', '"\u0661"'],
    ['NaN', 'NaN'],
    ['9007199254740992', '9007199254740992'],
    ['99999999999999999999', '99999999999999999999'],
  ])('refuses %j for a record number', (id, shown) => {
    expect(refusal(() => parseLookup(Buffer.from(`${id}\n${ZIP}${MOD}\n${NOTE}`)))).toBe(
      `RECORD_INVALID invalid lookup: ${shown} is no record number`,
    );
  });

  const SHAPE = 'not a number, a record and an empty line';
  const TEXT = 'not UTF-8 text without control characters';
  it.each([
    ['nothing', Buffer.alloc(0), SHAPE],
    ['a number alone', Buffer.from('1\n'), SHAPE],
    ['no record', Buffer.from(`1\n\n${NOTE}`), SHAPE],
    ['no empty line', Buffer.from(`1\n${ZIP}${MOD}`), SHAPE],
    ['carriage returns', Buffer.from(body.replaceAll('\n', '\r\n')), TEXT],
    ['a tab', Buffer.from(body.replace(' ', '\t')), TEXT],
    ['broken UTF-8', Buffer.from([0x31, 0x0a, 0xc3, 0x28, 0x0a, 0x0a]), TEXT],
    ['an overlong encoding', Buffer.from([0x31, 0x0a, 0xc0, 0xaf, 0x0a, 0x0a]), TEXT],
    ['a body without end', Buffer.alloc(1_000_001, '1'), '1000001 bytes, more than 1000000'],
  ])('refuses %s', (_, wrong, cause) => {
    expect(refusal(() => parseLookup(wrong))).toBe(`RECORD_INVALID invalid lookup: ${cause}`);
  });

  it('reads back what recomposeLookup writes', () => {
    const line = fc.string({ unit: 'grapheme' }).map((text) => `x${text.replace(/\p{Cc}/gu, '')}\n`);
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.array(line, { minLength: 1 }), (id, lines) => {
        const written = Buffer.from(recomposeLookup(id, lines.join(''), NOTE));
        expect(parseLookup(written)).toEqual({ id, recordText: lines.join(''), note: NOTE });
      }),
    );
  });
});

describe('parseRecord', () => {
  it('takes the two hashes', () => {
    expect(parseRecord(ZIP + MOD, MV)).toEqual({ zipH1: ZIP_H1, modH1: MOD_H1 });
  });

  it('takes them in any order', () => {
    expect(parseRecord(MOD + ZIP, MV)).toEqual({ zipH1: ZIP_H1, modH1: MOD_H1 });
  });

  const otherPath = (ZIP + MOD).replaceAll('x/text', 'x/net');
  const otherVersion = (ZIP + MOD).replaceAll('v0.14.0', 'v0.14.1');
  const both = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.stringify(line))
      .join(' and ');
  const noZip = (text: string) => `its record has no line for "golang.org/x/text v0.14.0" but ${both(text)}`;
  const noMod = (text: string) =>
    `its record has no line for "golang.org/x/text v0.14.0/go.mod" but ${both(text)}`;
  const lines = (count: number) => `its record must have two lines, and has ${count}`;
  const strange = `${ZIP}${otherPath.split('\n')[1]}\n`;

  it.each([
    ['a record of another module', otherPath, noZip(otherPath)],
    ['a record of another version', otherVersion, noZip(otherVersion)],
    [
      'a record of a module whose path begins the same',
      (ZIP + MOD).replaceAll('x/text', 'x/text/v2'),
      noZip((ZIP + MOD).replaceAll('x/text', 'x/text/v2')),
    ],
    ['a zip line alone', ZIP, lines(1)],
    ['a go.mod line alone', MOD, lines(1)],
    ['nothing', '', lines(0)],
    ['a zip line and that of another module', strange, noMod(strange)],
    ['an extra line before', `example.com/m v1.0.0 ${ZIP_H1}\n${ZIP}${MOD}`, lines(3)],
    ['an extra line after', `${ZIP}${MOD}example.com/m v1.0.0 ${ZIP_H1}\n`, lines(3)],
    ['a third line of the same module', `${ZIP}${MOD}${ZIP}`, lines(3)],
    ['the zip line twice', ZIP + ZIP, 'its record has two lines for "golang.org/x/text v0.14.0"'],
    [
      'two zip lines that differ',
      ZIP + ZIP.replace(ZIP_H1, MOD_H1),
      'its record has two lines for "golang.org/x/text v0.14.0"',
    ],
    ['the go.mod line twice', MOD + MOD, noZip(MOD + MOD)],
    ['no newline at the end', (ZIP + MOD).slice(0, -1), lines(1)],
    [
      'two spaces',
      (ZIP + MOD).replace(' h1:', '  h1:'),
      `its record has ${JSON.stringify(` ${ZIP_H1}`)}: invalid h1 hash: not the base64 of 32 bytes`,
    ],
    [
      'a space at the end',
      (ZIP + MOD).replace('\n', ' \n'),
      `its record has ${JSON.stringify(`${ZIP_H1} `)}: invalid h1 hash: not the base64 of 32 bytes`,
    ],
    [
      'another hash function',
      (ZIP + MOD).replace('h1:', 'h2:'),
      `its record has ${ZIP_H1.replace('h1:', 'h2:')}: invalid h1 hash: not the base64 of 32 bytes`,
    ],
    [
      'no hash',
      (ZIP + MOD).replace(ZIP_H1, ''),
      'its record has "": invalid h1 hash: not the base64 of 32 bytes',
    ],
  ])('refuses %s', (_, text, cause) => {
    expect(refusal(() => parseRecord(text, MV))).toBe(`RECORD_INVALID invalid lookup: ${cause}`);
  });
});
