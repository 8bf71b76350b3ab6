import { describe, expect, it } from 'vitest';
import { findLogin, parseNetrc } from '../../src/upstream/netrc.ts';

const login = (machine: string, name: string, password: string) => ({ machine, login: name, password });

describe('parseNetrc', () => {
  it.each([
    ['nothing', '', []],
    ['an entry on one line', 'machine a login me password pw\n', [login('a', 'me', 'pw')]],
    ['an entry over several lines', 'machine a\n  login me\n\tpassword pw', [login('a', 'me', 'pw')]],
    ['the password before the login', 'machine a password pw login me', [login('a', 'me', 'pw')]],
    ['CRLF', 'machine a\r\nlogin me\r\npassword pw\r\n', [login('a', 'me', 'pw')]],
    [
      'no entry without a login',
      'machine a password pw\nmachine b login me password pw',
      [login('b', 'me', 'pw')],
    ],
    ['no password for the machine before', 'machine a login me\nmachine b password pw', []],
    ['nothing after default', 'default\nlogin x\npassword y\nmachine a login me password pw', []],
    ['nothing for default on one line', 'default login x password y\n', []],
    [
      'no macro, up to an empty line',
      'machine a macdef init\nlogin no\npassword no\n\nmachine b login me password pw',
      [login('b', 'me', 'pw')],
    ],
    [
      'what stands on the line of a macro',
      'machine a macdef init login me password pw\nlogin no\n',
      [login('a', 'me', 'pw')],
    ],
    ['quotes as they are', 'machine a login me password "p w"', [login('a', 'me', '"p')]],
    ['no comment', '# machine a login me password pw', []],
  ])('reads %s', (_, text, logins) => {
    expect(parseNetrc(text)).toEqual(logins);
  });
});

describe('findLogin', () => {
  const logins = [
    login('a.example', 'first', '1'),
    login('a.example', 'second', '2'),
    login('a.example:8443', 'port', '3'),
  ];

  it.each([
    ['the first of a host', 'https://a.example/x', 'first'],
    ['that of the host and port before that of the host', 'https://a.example:8443/x', 'port'],
    ['that of the host for another port', 'https://a.example:9/x', 'first'],
    ['none for a host below it', 'https://b.a.example/x', undefined],
  ])('finds %s', (_, url, name) => {
    expect(findLogin(logins, new URL(url))?.login).toBe(name);
  });
});
