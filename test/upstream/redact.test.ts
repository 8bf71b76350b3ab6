import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hideSecrets, redactText, redactUrl } from '../../src/upstream/redact.ts';

describe('redactUrl', () => {
  it.each([
    ['drops user and password', 'https://me:secret@proxy.example/go', 'https://proxy.example/go'],
    ['drops a user alone, which may be a token', 'https://token@proxy.example', 'https://proxy.example'],
    ['drops the query', 'https://proxy.example/go?key=secret', 'https://proxy.example/go'],
    ['drops the fragment', 'https://proxy.example/go#secret', 'https://proxy.example/go'],
    ['keeps a port', 'http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
    ['drops slashes at the end', 'https://proxy.example/go//', 'https://proxy.example/go'],
    ['shows nothing of what is no URL', 'secret@@', '(invalid URL)'],
  ])('%s', (_, url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });

  it('shows no user, password or query, whatever they are', () => {
    const word = fc.stringMatching(/^[a-z0-9]{4,12}$/).map((text) => `s3cret${text}`);
    fc.assert(
      fc.property(word, word, word, (user, password, query) => {
        const shown = redactUrl(`https://${user}:${password}@proxy.example/p?q=${query}`);
        expect(shown).toBe('https://proxy.example/p');
      }),
    );
  });
});

describe('redactText', () => {
  it('takes the user information out of every URL in a text', () => {
    const text = 'cannot reach http://me:pw@one.example or https://you@two.example/x';
    expect(redactText(text)).toBe('cannot reach http://one.example or https://two.example/x');
  });

  it.each([
    ['https://h.example/a?key=s3cret: invalid verifier key', 'https://h.example/a: invalid verifier key'],
    ['no //h.example/?a=s3cret#s3cret and http://u:s3cret@h?x', 'no //h.example/ and http://h'],
    ['is that so? yes', 'is that so? yes'],
  ])('takes the query out of %s', (text, shown) => {
    expect(redactText(text)).toBe(shown);
  });
});

describe('hideSecrets', () => {
  it('leaves out each secret, the longer one first, and nothing that is too short to be one', () => {
    const secrets = ['s3cret', 'Basic s3cret', '', 'a'];
    expect(hideSecrets('denied: Basic s3cret, s3cret and a', secrets)).toBe('denied: …, … and a');
  });
});
