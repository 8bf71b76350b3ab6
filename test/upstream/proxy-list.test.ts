import { describe, expect, it } from 'vitest';
import { matchesPatterns } from '../../src/gomod/pattern.ts';
import { parseUpstreams } from '../../src/upstream/proxy-list.ts';
import { failureOf } from './harness.ts';

function shape(spec: Parameters<typeof parseUpstreams>[0]) {
  const { entries, dropped } = parseUpstreams(spec);
  return { list: entries.map(({ name, fallback }) => `${name} ${fallback}`), dropped };
}

describe('parseUpstreams', () => {
  it.each([
    ['one server', 'https://goproxy.cn', ['https://goproxy.cn ,'], []],
    [
      'the rule after each',
      'https://a.example|https://b.example,https://c.example',
      ['https://a.example |', 'https://b.example ,', 'https://c.example ,'],
      [],
    ],
    ['direct, dropped', 'https://a.example,direct', ['https://a.example ,'], ['direct']],
    ['off, dropped', 'https://a.example|off', ['https://a.example |'], ['off']],
    [
      'what comes after direct, dropped with it',
      'https://a.example,direct,https://u:p@b.example',
      ['https://a.example ,'],
      ['direct', 'https://b.example'],
    ],
    [
      'spaces and empty elements',
      ' https://a.example ,, |https://b.example',
      ['https://a.example ,', 'https://b.example ,'],
      [],
    ],
    ['a host without a scheme', 'goproxy.cn', ['https://goproxy.cn ,'], []],
    ['a slash at the end', 'https://a.example/go/', ['https://a.example/go ,'], []],
    [
      'a list, joined with a comma',
      ['https://a.example', 'https://b.example|https://c.example'],
      ['https://a.example ,', 'https://b.example |', 'https://c.example ,'],
      [],
    ],
    ['an object', [{ url: 'https://a.example' }, 'direct'], ['https://a.example ,'], ['direct']],
  ])('reads %s', (_, spec, list, dropped) => {
    expect(shape(spec)).toEqual({ list, dropped });
  });

  it('keeps the secrets of a URL apart from its name', () => {
    const { entries } = parseUpstreams('https://me%40corp:p%2Fw@a.example/go/?key=k#f');
    expect(entries[0]).toMatchObject({
      name: 'https://a.example/go',
      auth: { username: 'me@corp', password: 'p/w' },
    });
    expect(entries[0]?.url.href).toBe('https://a.example/go?key=k');
  });

  it('reads headers with names in lower case, and patterns', () => {
    const headers = { 'PRIVATE-TOKEN': 'secret' };
    const spec = {
      url: 'https://a.example',
      headers,
      only: ['corp.example/*', 'x.example'],
      except: ['y.example'],
    };
    const [entry] = parseUpstreams([spec]).entries;
    expect(entry?.headers).toEqual({ 'private-token': 'secret' });
    expect(matchesPatterns(entry?.only ?? [], 'corp.example/team/lib')).toBe(true);
    expect(matchesPatterns(entry?.only ?? [], 'x.example/lib')).toBe(true);
    expect(matchesPatterns(entry?.except ?? [], 'y.example/lib')).toBe(true);
    expect(matchesPatterns(entry?.only ?? [], 'y.example/lib')).toBe(false);
  });

  it.each([
    ['no element', '', 'upstream: no server to fetch from: the list is empty'],
    ['empty elements', ' , ', 'upstream: no server to fetch from: the list is empty'],
    ['no server', 'off', 'upstream: no server to fetch from: only off'],
    [
      'nothing before direct',
      ['direct', 'https://a.example'],
      'upstream: no server to fetch from: only direct, https://a.example',
    ],
  ])('refuses a list of %s', async (_, spec, message) => {
    const hint = 'name a GOPROXY server, for example https://goproxy.cn';
    expect(await failureOf(() => parseUpstreams(spec))).toEqual({ code: 'NO_UPSTREAM', message, hint });
  });

  it.each([
    ['what is no URL', 'https://', 'upstream: not a URL'],
    ['a single word, which Go keeps for itself', 'https://a.example,none', 'upstream: not a URL'],
    ['a file URL', 'file:///srv/mirror', 'upstream: file:///srv/mirror is neither https nor http'],
    ['a file path', '/srv/mirror', 'upstream: not a URL'],
    [
      'an element by its place',
      ['https://a.example', 'ftp://b.example'],
      'upstream[1]: ftp://b.example is neither https nor http',
    ],
    [
      'the URL of an object',
      [{ url: 'ftp://me:secret@b.example' }],
      'upstream[0].url: ftp://b.example is neither https nor http',
    ],
    [
      'a broken escape in a password',
      'https://me:%zz@a.example',
      'upstream: its user name or password has a broken % escape',
    ],
    [
      'a header name with a space',
      [{ url: 'a.example', headers: { 'X Y': 'v' } }],
      'upstream[0].headers["X Y"]: not a valid header',
    ],
    [
      'a header value with a newline, without showing it',
      [{ url: 'a.example', headers: { key: 'se\ncret' } }],
      'upstream[0].headers["key"]: not a valid header',
    ],
    [
      'a CA without a certificate',
      [{ url: 'a.example', ca: '/etc/ca.pem' }],
      'upstream[0].ca: no PEM certificate in it',
    ],
    [
      'a CA that cannot be read',
      [{ url: 'a.example', ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }],
      'upstream[0].ca: certificate 1 cannot be read',
    ],
  ])('refuses %s', async (_, spec, message) => {
    expect(await failureOf(() => parseUpstreams(spec))).toEqual({ code: 'CONFIG_INVALID', message });
  });

  it('refuses a malformed pattern, with its field', async () => {
    const told = await failureOf(() =>
      parseUpstreams([{ url: 'a.example', only: ['[a'] }], 'environments.x.upstream'),
    );
    expect(told.code).toBe('CONFIG_INVALID');
    expect(told.message).toMatch(/^environments\.x\.upstream\[0\]\.only: /);
  });
});
