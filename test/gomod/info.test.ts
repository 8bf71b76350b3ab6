import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInfo, type ModuleInfo, type Origin, parseInfo } from '../../src/gomod/info.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';

const mv = parseModuleVersion('example.com/m', 'v1.0.0');
const TIME = '2020-01-02T15:04:05Z';

describe('parseInfo reads', () => {
  it('version, time and origin', () => {
    const text = JSON.stringify({
      Version: 'v1.0.0',
      Time: TIME,
      Origin: {
        VCS: 'git',
        URL: 'https://example.com/m',
        Subdir: 'sub',
        Hash: 'abc123',
        Ref: 'refs/tags/v1.0.0',
      },
    });
    expect(parseInfo(text, mv)).toEqual({
      ok: true,
      info: {
        version: 'v1.0.0',
        time: TIME,
        origin: {
          vcs: 'git',
          url: 'https://example.com/m',
          subdir: 'sub',
          hash: 'abc123',
          ref: 'refs/tags/v1.0.0',
        },
      },
    });
  });

  it.each([
    ['a version alone', { Version: 'v1.0.0' }],
    ['a time and an origin of null', { Version: 'v1.0.0', Time: null, Origin: null }],
    ['fields it does not know', { Version: 'v1.0.0', Name: 'abc', Short: 'a', Extra: { deep: [1] } }],
    ['an origin that is a text', { Version: 'v1.0.0', Origin: 'https://example.com' }],
    ['an origin that is a list', { Version: 'v1.0.0', Origin: ['git'] }],
    ['an empty origin', { Version: 'v1.0.0', Origin: {} }],
    ['an origin of other fields', { Version: 'v1.0.0', Origin: { TagSum: 't1:abc', RepoSum: 'r1:abc' } }],
    ['an origin with a number', { Version: 'v1.0.0', Origin: { VCS: 'git', Hash: 7 } }],
    ['an origin with a control character', { Version: 'v1.0.0', Origin: { VCS: 'git', Ref: 'a\u001b[2J' } }],
    [
      'an origin with text that turns around',
      { Version: 'v1.0.0', Origin: { VCS: 'git', Subdir: 'a\u202eb' } },
    ],
    ['an origin that is endless', { Version: 'v1.0.0', Origin: { VCS: 'git', Ref: 'a'.repeat(2_049) } }],
    [
      'a URL of another scheme',
      { Version: 'v1.0.0', Origin: { VCS: 'git', URL: 'ssh://git@example.com/m' } },
    ],
    ['a URL that runs script', { Version: 'v1.0.0', Origin: { URL: 'javascript:alert(1)' } }],
    ['a URL that is none', { Version: 'v1.0.0', Origin: { URL: 'example.com/m' } }],
  ])('%s, and keeps only the version', (_, value) => {
    expect(parseInfo(JSON.stringify(value), mv)).toEqual({ ok: true, info: { version: 'v1.0.0' } });
  });

  it('a URL without its user, password, query and fragment', () => {
    const Origin = { VCS: 'git', URL: 'https://user:secret@example.com/m.git?token=secret#secret' };
    const result = parseInfo(JSON.stringify({ Version: 'v1.0.0', Origin }), mv);
    expect(result).toEqual({
      ok: true,
      info: { version: 'v1.0.0', origin: { vcs: 'git', url: 'https://example.com/m.git' } },
    });
  });

  it.each([
    TIME,
    '2020-01-02T15:04:05.123456789Z',
    '2020-01-02T15:04:05+02:00',
    '2020-01-02T15:04:05-23:59',
    '2020-02-29T23:59:59Z',
    '0001-01-01T00:00:00Z',
  ])('the time %s as it is', (time) => {
    expect(parseInfo(JSON.stringify({ Version: 'v1.0.0', Time: time }), mv)).toEqual({
      ok: true,
      info: { version: 'v1.0.0', time },
    });
  });
});

describe('parseInfo refuses', () => {
  it.each([
    ['a page', '<!doctype html><title>Sign in</title>', 'not a JSON object'],
    ['nothing', '', 'not a JSON object'],
    ['a truncated object', '{"Version":"v1.0.0"', 'not a JSON object'],
    ['two objects', '{"Version":"v1.0.0"}{}', 'not a JSON object'],
    ['a list', '["v1.0.0"]', 'not a JSON object'],
    ['null', 'null', 'not a JSON object'],
    ['a text', '"v1.0.0"', 'not a JSON object'],
    ['no version', `{"Time":"${TIME}"}`, 'no Version'],
    ['a version in small letters', '{"version":"v1.0.0"}', 'no Version'],
    ['a version that is a number', '{"Version":1}', 'no Version'],
    ['another version', '{"Version":"v1.0.1"}', 'the Version is v1.0.1'],
    ['the version with white space', '{"Version":"v1.0.0 "}', 'the Version is "v1.0.0 "'],
    ['a version that rewrites the terminal', '{"Version":"\\u001b[2J"}', 'the Version is "\\u001b[2J"'],
    ['a version only a prototype has', '{"__proto__":{"Version":"v1.0.0"}}', 'no Version'],
  ])('%s', (_, text, reason) => {
    expect(parseInfo(text, mv)).toEqual({ ok: false, reason });
  });

  it.each([
    '',
    'yesterday',
    '2020-01-02',
    '2020-01-02 15:04:05Z',
    '2020-01-02T15:04:05',
    '2020-01-02t15:04:05z',
    '2020-01-02T5:04:05Z',
    '2020-01-02T15:04:05,5Z',
    '2020-01-02T15:04:05.Z',
    '2020-01-02T15:04:05+0200',
    '2020-01-02T15:04:05+24:00',
    '2020-01-02T15:04:05+02:60',
    '2020-01-02T23:59:60Z',
    '2020-01-02T24:00:00Z',
    '2021-02-29T00:00:00Z',
    '2020-13-01T00:00:00Z',
    '2020-00-01T00:00:00Z',
    '+02020-01-02T15:04:05Z',
    `2020-01-02T15:04:05.${'1'.repeat(100)}Z`,
    '2020-01-02T15:04:05Z\n',
    1_577_977_445,
    {},
  ])('the time %j', (Time) => {
    expect(parseInfo(JSON.stringify({ Version: 'v1.0.0', Time }), mv)).toEqual({
      ok: false,
      reason: 'the Time is not an RFC 3339 date and time',
    });
  });
});

describe('formatInfo', () => {
  it('writes known fields in one order, and no others', () => {
    const info: ModuleInfo = {
      origin: { ref: 'refs/tags/v1.0.0', hash: 'abc', subdir: 's', url: 'https://example.com/m', vcs: 'git' },
      time: TIME,
      version: mv.version,
    };
    expect(formatInfo(info)).toBe(
      `{"Version":"v1.0.0","Time":"${TIME}","Origin":{"VCS":"git","URL":"https://example.com/m","Subdir":"s",` +
        '"Hash":"abc","Ref":"refs/tags/v1.0.0"}}',
    );
  });

  it('writes a version alone', () => {
    expect(formatInfo({ version: mv.version })).toBe('{"Version":"v1.0.0"}');
  });

  it('writes what parseInfo reads back', () => {
    const text = fc.string({ minLength: 1, maxLength: 20 }).filter((value) => !/\p{C}/u.test(value));
    const origin: fc.Arbitrary<Origin> = fc
      .record({ vcs: text, subdir: text, hash: text, ref: text }, { requiredKeys: ['vcs'] })
      .map((fields) => ({ ...fields, url: 'https://example.com/m' }));
    const time = fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') })
      .map((date) => date.toISOString());
    const info = fc.record({ version: fc.constant(mv.version), time, origin }, { requiredKeys: ['version'] });
    fc.assert(
      fc.property(info, (value) => {
        expect(parseInfo(formatInfo(value), mv)).toEqual({ ok: true, info: value });
      }),
    );
  });

  it('makes the same bytes of everything that parseInfo accepts, however it was written', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (extra, origin) => {
        const text = `{ "Extra": ${extra}, "Origin": ${origin},\n "Version": "v1.0.0" }`;
        const result = parseInfo(text, mv);
        if (!result.ok) throw new Error(result.reason);
        const written = formatInfo(result.info);
        expect(parseInfo(written, mv)).toEqual(result);
        expect(written.startsWith('{"Version":"v1.0.0"')).toBe(true);
      }),
    );
  });
});
