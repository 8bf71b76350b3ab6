/**
 * Passwords from a .netrc file, read as the Go command reads it: words in pairs on a line, no quotes and no comments,
 * a macro ends at the first empty line, and nothing counts from a line on that ends in `default`.
 * Source: cmd/go/internal/auth.
 */

export interface NetrcLogin {
  readonly machine: string;
  readonly login: string;
  readonly password: string;
}

/** Only complete entries, in the order of the file. */
export function parseNetrc(text: string): NetrcLogin[] {
  const logins: NetrcLogin[] = [];
  let current = { machine: '', login: '', password: '' };
  let inMacro = false;
  for (const line of text.split('\n')) {
    if (inMacro) {
      inMacro = line !== '';
      continue;
    }
    const words = line.split(/\s+/).filter((word) => word !== '');
    for (const [key, value] of pairs(words)) {
      if (key === 'machine') current = { machine: value, login: '', password: '' };
      if (key === 'login' || key === 'password') current[key] = value;
      if (key === 'macdef') inMacro = true;
      if (current.machine !== '' && current.login !== '' && current.password !== '') {
        logins.push(current);
        current = { machine: '', login: '', password: '' };
      }
    }
    if (words.length % 2 === 1 && words.at(-1) === 'default') break;
  }
  return logins;
}

/** The first login for this host and port, else the first for the host alone. */
export function findLogin(logins: readonly NetrcLogin[], url: URL): NetrcLogin | undefined {
  return (
    logins.find((login) => login.machine === url.host) ??
    logins.find((login) => login.machine === url.hostname)
  );
}

function* pairs(words: readonly string[]): Generator<[string, string]> {
  for (let index = 0; index + 1 < words.length; index += 2) {
    yield [words[index] ?? '', words[index + 1] ?? ''];
  }
}
