import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNote, openNote, parseNote } from '../../src/sumdb/note.ts';
import { GO_SUMDB_KEY, parseVerifierKey } from '../../src/sumdb/verifier-key.ts';
import { flipBit, TestSigner } from '../support/test-log.ts';
import { refusal } from './refusal.ts';

const GO_KEY = parseVerifierKey(GO_SUMDB_KEY);
const TEXT = 'a line\n\nand one after an empty line: 東京\n';

describe('parseVerifierKey', () => {
  it("reads the key of Go's log", () => {
    expect(GO_KEY).toMatchObject({ name: 'sum.golang.org', hash: '033de0ae', text: GO_SUMDB_KEY });
  });

  it('reads a key whose base64 holds a plus sign', () => {
    expect(GO_SUMDB_KEY.split('+')).toHaveLength(5);
    expect(GO_KEY.publicKey.asymmetricKeyType).toBe('ed25519');
  });

  const SHAPE = 'not <name>+<hash>+<key>';
  const HASH = 'its hash does not belong to its name and key';
  const [name, hash, ...rest] = GO_SUMDB_KEY.split('+');
  const key = rest.join('+');
  it.each([
    ['nothing', '', SHAPE],
    ['a name alone', `${name}`, SHAPE],
    ['no key', `${name}+${hash}`, SHAPE],
    ['no name', `+${hash}+${key}`, SHAPE],
    ['a name with a space', `sum golang.org+${hash}+${key}`, SHAPE],
    ['a name with a no-break space', `sum\u00a0golang.org+${hash}+${key}`, SHAPE],
    ['a hash in capitals', `${name}+033DE0AE+${key}`, SHAPE],
    ['a short hash', `${name}+33de0ae+${key}`, SHAPE],
    ['a hash in C notation', `${name}+0x33de0a+${key}`, SHAPE],
    ['a key without its last digit', `${name}+${hash}+${key.slice(0, -1)}`, SHAPE],
    ['a newline at the end', `${GO_SUMDB_KEY}\n`, SHAPE],
    ['a key in URL base64', `${name}+${hash}+${key.replace('+', '-')}`, SHAPE],
    ['stray bits in the base64', `${name}+${hash}+AcB=`, SHAPE],
    ['an empty key', `${name}+${hash}+`, 'not an Ed25519 key'],
    ['a key of 31 bytes', `${name}+${hash}+${key64(1, 31)}`, 'not an Ed25519 key'],
    ['a key of 33 bytes', `${name}+${hash}+${key64(1, 33)}`, 'not an Ed25519 key'],
    ['an unknown algorithm', `${name}+${hash}+${key64(2, 32)}`, 'not an Ed25519 key'],
    ['a wrong hash', `${name}+033de0af+${key}`, HASH],
    ['the key of another name', `sum.golang.com+${hash}+${key}`, HASH],
  ])('refuses %s', (_, text, cause) => {
    expect(refusal(() => parseVerifierKey(text))).toBe(
      `KEY_INVALID ${shown(text)}: invalid verifier key: ${cause}`,
    );
  });
});

describe('openNote', () => {
  const signer = new TestSigner('log.example');
  const witness = new TestSigner('witness.example');
  const known = parseVerifierKey(signer.key);
  const knownWitness = parseVerifierKey(witness.key);
  const alone = signer.note(TEXT);

  it('opens a published note with the published key', () => {
    const text = 'go.sum database tree\n35225469\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n';
    const line =
      '\u2014 sum.golang.org Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n';
    expect(openNote(`${text}\n${line}`, [GO_KEY]).text).toBe(text);
    expect(refusal(() => openNote(`${text.replace('35225469', '35225460')}\n${line}`, [GO_KEY]))).toBe(
      'NOTE_INVALID invalid signed note: wrong signature for the key sum.golang.org+033de0ae',
    );
  });

  it('splits at the last empty line, and covers the text with its newline', () => {
    expect(openNote(Buffer.from(alone), [known]).text).toBe(TEXT);
  });

  it('ignores signatures of unknown keys, before and after', () => {
    const unknown = witness.line('something else\n');
    for (const block of [unknown + signer.line(TEXT), signer.line(TEXT) + unknown]) {
      expect(openNote(`${TEXT}\n${block}`, [known]).signatures).toHaveLength(2);
    }
  });

  it('is content with any one of several keys', () => {
    expect(openNote(alone, [knownWitness, known]).text).toBe(TEXT);
    expect(openNote(witness.note(TEXT), [knownWitness, known]).text).toBe(TEXT);
    expect(openNote(alone + witness.line(TEXT), [knownWitness, known]).signatures).toHaveLength(2);
  });

  it('takes the same key twice for one', () => {
    expect(openNote(alone, [known, known]).text).toBe(TEXT);
  });

  const id = (of: TestSigner) => of.key.split('+', 2).join('+');
  const hashOf = (of: TestSigner) => Buffer.from(of.key.split('+')[1] ?? '', 'hex');
  const stranger = new TestSigner('log.example');
  const malformed = (line: string) => `malformed signature line ${shown(line)}`;
  const long = Array.from({ length: 101 }, () => witness.line(TEXT)).join('');

  it.each([
    ['an empty note', '', 'no empty line before the signatures'],
    ['a text without signatures', TEXT, malformed('and one after an empty line: 東京')],
    ['no empty line', 'a line\n', 'no empty line before the signatures'],
    ['an empty block of signatures', `${TEXT}\n`, 'it does not end in a signature line'],
    ['no newline at the end', alone.slice(0, -1), 'it does not end in a signature line'],
    ['text after the signatures', `${alone}and more\n`, malformed('and more')],
    ['an empty line after the signatures', `${alone}\n`, 'it does not end in a signature line'],
    ['a hyphen for the dash', alone.replace('\u2014', '-'), malformed(lineOf(alone).replace('\u2014', '-'))],
    ['two spaces', alone.replace('\u2014 ', '\u2014  '), malformed(lineOf(alone).replace(' ', '  '))],
    ['a third word', `${alone.slice(0, -1)} x\n`, malformed(`${lineOf(alone)} x`)],
    ['no signature after the name', `${TEXT}\n\u2014 log.example\n`, malformed('\u2014 log.example')],
    ['an empty signature', `${TEXT}\n\u2014 log.example \n`, malformed('\u2014 log.example ')],
    [
      'a signature of its key hash alone',
      `${TEXT}\n\u2014 log.example AAAAAA==\n`,
      malformed('\u2014 log.example AAAAAA=='),
    ],
    [
      'stray bits in the base64',
      `${TEXT}\n\u2014 log.example AAAAAAB=\n`,
      malformed('\u2014 log.example AAAAAAB='),
    ],
    [
      'a name with a plus sign',
      `${TEXT}\n\u2014 log+example AAAAAAA=\n`,
      malformed('\u2014 log+example AAAAAAA='),
    ],
    ['101 signatures', `${TEXT}\n${long}`, 'more than 100 signatures'],
    ['a control character', alone.replace('a line', 'a\tline'), 'not UTF-8 text without control characters'],
    ['carriage returns', alone.replaceAll('\n', '\r\n'), 'not UTF-8 text without control characters'],
    ['a NUL', alone.replace('a line', 'a\0line'), 'not UTF-8 text without control characters'],
    ['a byte order mark before it', `\ufeff${alone}`, `wrong signature for the key ${id(signer)}`],
    ['another text', alone.replace('a line', 'b line'), `wrong signature for the key ${id(signer)}`],
    [
      'a text one newline longer',
      alone.replace('\n\n\u2014', '\n\n\n\u2014'),
      `wrong signature for the key ${id(signer)}`,
    ],
    [
      'a signature that is too short',
      `${TEXT}\n\u2014 log.example ${Buffer.concat([hashOf(signer), Buffer.alloc(63)]).toString('base64')}\n`,
      `wrong signature for the key ${id(signer)}`,
    ],
    [
      'only a stranger with the right name',
      stranger.note(TEXT),
      `no signature of a known key, only of ${id(stranger)}`,
    ],
    [
      'a stranger under the hash of the known key',
      `${TEXT}\n${stranger.line(TEXT, 'log.example', hashOf(signer))}`,
      `wrong signature for the key ${id(signer)}`,
    ],
    [
      'the known key under another name',
      `${TEXT}\n${signer.line(TEXT, 'other.example')}`,
      `no signature of a known key, only of other.example+${hashOf(signer).toString('hex')}`,
    ],
    [
      'a right signature and a wrong one of the same key',
      alone + signer.line('else\n'),
      `wrong signature for the key ${id(signer)}`,
    ],
    [
      'a wrong signature and a right one of the same key',
      `${TEXT}\n${signer.line('else\n')}${signer.line(TEXT)}`,
      `wrong signature for the key ${id(signer)}`,
    ],
  ])('refuses %s', (_, note, cause) => {
    expect(refusal(() => openNote(note, [known]))).toBe(`NOTE_INVALID invalid signed note: ${cause}`);
  });

  it('refuses a wrong signature of one known key next to the right one of another', () => {
    expect(refusal(() => openNote(alone + witness.line('else\n'), [known, knownWitness]))).toBe(
      `NOTE_INVALID invalid signed note: wrong signature for the key ${id(witness)}`,
    );
  });

  it('refuses to choose between two keys that share name and hash', () => {
    const twin = { ...knownWitness, name: known.name, hash: known.hash };
    expect(refusal(() => openNote(alone, [known, twin]))).toBe(
      `NOTE_INVALID invalid signed note: two different keys are known as ${id(signer)}`,
    );
  });

  it('refuses everything without keys', () => {
    expect(refusal(() => openNote(alone, []))).toBe(
      `NOTE_INVALID invalid signed note: no signature of a known key, only of ${id(signer)}`,
    );
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(refusal(() => openNote(flipFirstByte(alone), [known]))).toBe(
      'NOTE_INVALID invalid signed note: not UTF-8 text without control characters',
    );
  });

  it('refuses more than a million bytes before it looks at them', () => {
    expect(refusal(() => openNote(Buffer.alloc(1_000_001), [known]))).toBe(
      'NOTE_INVALID invalid signed note: 1000001 bytes, more than 1000000',
    );
  });

  it('refuses every flipped bit', () => {
    const bytes = Buffer.from(alone);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        const wrong = Buffer.from(bytes);
        wrong[at] = (wrong[at] ?? 0) ^ (1 << bit);
        expect(refusal(() => openNote(wrong, [known]))).toMatch(/^NOTE_INVALID invalid signed note: /);
      }),
      { numRuns: 500 },
    );
  });
});

describe('formatNote', () => {
  it('gives back every note that was parsed', () => {
    const signers = [new TestSigner('log.example'), new TestSigner('東京.example')];
    const text = fc.string({ unit: 'grapheme' }).map((line) => `${line.replace(/\p{Cc}/gu, '')}\n`);
    const chosen = fc.array(fc.constantFrom(...signers), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), chosen, (lines, by) => {
        const written = `${lines.join('')}\n${by.map((signer) => signer.line(lines.join(''))).join('')}`;
        expect(formatNote(parseNote(written))).toBe(written);
      }),
    );
  });
});

function key64(algorithm: number, bytes: number): string {
  return Buffer.concat([Buffer.of(algorithm), Buffer.alloc(bytes, 7)]).toString('base64');
}

/** As messages show it: quoted where it is not plain. */
function shown(text: string): string {
  return /^[!#-~]+$/.test(text) ? text : JSON.stringify(text);
}

function lineOf(note: string): string {
  return note.slice(note.lastIndexOf('\u2014'), -1);
}

function flipFirstByte(text: string): Buffer {
  const bytes = flipBit(Buffer.from(text));
  bytes[0] = 0xff;
  return bytes;
}
