/** Texts that are mostly right, with here and there a piece that is not: they get far into a parser. */
import { createHash } from 'node:crypto';
import { oddText } from './mutate.ts';
import type { Chance } from './random.ts';

const HOSTS = ['example.com', 'github.com', 'gopkg.in', 'a-b.c', 'corp.example'];
const ELEMENTS = ['m', 'Foo', 'x_y', 'go-z', 'v2', 'v3', 'yaml.v2', 'a~b', 'deep/er', 'MiXed'];
const HOSTILE_PATHS = [
  '../evil',
  'example.com/../x',
  '/etc/passwd',
  'example.com//m',
  'example.com/.git',
  'nodot/m',
];
const VERSIONS = [
  'v1.0.0',
  'v1.2.3',
  'v0.1.0-rc.1',
  'v2.0.0+incompatible',
  'v0.0.0-20240102030405-0123456789ab',
];
const HOSTILE_VERSIONS = [
  'v1',
  'v1.2',
  '../v1.0.0',
  'v1.0.0/../..',
  'v01.0.0',
  'latest',
  'v1.0.0+meta',
  'v2.0.0',
];

/** Once in forty something else altogether. */
function mostly(chance: Chance, right: () => string, wrong: () => string = () => oddText(chance)): string {
  return chance.once(40) ? wrong() : right();
}

export function madePath(chance: Chance): string {
  const right = () => [chance.pick(HOSTS), ...chance.many(0, 3, () => chance.pick(ELEMENTS))].join('/');
  return mostly(chance, right, () => chance.pick(HOSTILE_PATHS));
}

export function madeVersion(chance: Chance): string {
  const number = () => String(chance.once(30) ? 2 ** chance.between(20, 60) : chance.below(30));
  const right = () =>
    chance.once(3) ? chance.pick(VERSIONS) : `v${chance.below(2)}.${number()}.${number()}`;
  return mostly(chance, right, () => chance.pick(HOSTILE_VERSIONS));
}

export function madeGoSum(chance: Chance): string {
  const lines = chance.many(0, 12, () => {
    const hash = createHash('sha256')
      .update(`${chance.below(50)}`)
      .digest('base64');
    const file = chance.once(2) ? '/go.mod' : '';
    const kind = mostly(
      chance,
      () => 'h1:',
      () => 'h2:',
    );
    // The path goes with majors 0 and 1 only, so that most lines pass.
    const path = mostly(
      chance,
      () => `example.com/${chance.pick(['m', 'Foo', 'x_y'])}`,
      () => madePath(chance),
    );
    return `${path} ${mostly(
      chance,
      () => `v1.${chance.below(9)}.0`,
      () => madeVersion(chance),
    )}${file} ${kind}${hash}`;
  });
  return lines
    .map(
      (line) =>
        `${line}${mostly(
          chance,
          () => '\n',
          () => '\r\n',
        )}`,
    )
    .join('');
}

export function madeGoMod(chance: Chance): string {
  const quoted = (text: string) => chance.pick([text, text, text, `"${text}"`, `\`${text}\``]);
  const path = () =>
    quoted(chance.once(30) ? madePath(chance) : `example.com/${chance.pick(['m', 'n', 'Foo'])}`);
  const version = () =>
    quoted(chance.once(30) ? madeVersion(chance) : `v1.${chance.below(99)}.${chance.below(9)}`);
  const comment = () => chance.pick(['', '', '', ' // indirect', ' // indirect; and more', ' // why']);
  const folder = () => chance.pick(['./local', '../other', '/abs/x', '"./with space"']);
  const bodies: Readonly<Record<string, () => string>> = {
    require: () => `${path()} ${version()}${comment()}`,
    exclude: () => `${path()} ${version()}`,
    replace: () => `${path()} => ${chance.once(2) ? folder() : `${path()} ${version()}`}`,
    retract: () => (chance.once(2) ? version() : `[${version()}, ${version()}]`),
    tool: path,
    ignore: folder,
    godebug: () => chance.pick(['default=go1.21', 'panicnil=1', 'x']),
  };
  const head = mostly(
    chance,
    () => `module ${path()}\n`,
    () => '',
  );
  const go = chance.pick(['', 'go 1.21\n', 'go 1.24.1\n', 'go 1.26rc1\n', 'toolchain go1.25.0\n']);
  return head + go + directives(chance, bodies);
}

export function madeGoWork(chance: Chance): string {
  const bodies: Readonly<Record<string, () => string>> = {
    use: () => chance.pick(['./a', './b', '../c', '"./with space"', '.']),
    replace: () =>
      `example.com/m${chance.pick(['', ' v1.0.0'])} => ${chance.pick(['./m', 'example.com/n v1.0.0'])}`,
    godebug: () => chance.pick(['default=go1.21', 'panicnil=1']),
  };
  return `${chance.pick(['go 1.24\n', 'go 1.24.1\n\n', ''])}${directives(chance, bodies)}`;
}

function directives(chance: Chance, bodies: Readonly<Record<string, () => string>>): string {
  const verbs = Object.keys(bodies);
  return chance
    .many(0, 6, () => {
      const verb = chance.pick(verbs);
      const body = () => mostly(chance, () => bodies[verb]?.() ?? '');
      if (chance.once(2)) return `${chance.once(4) ? '// Deprecated: no more\n' : ''}${verb} ${body()}\n`;
      return `${verb} (\n${chance.many(0, 4, () => `\t${body()}\n`).join('')})\n`;
    })
    .join('\n');
}

export function madeInfo(chance: Chance): string {
  const time = () =>
    chance.pick(['2024-01-02T03:04:05Z', '2024-01-02T03:04:05.678+02:00', '2024-02-30T00:00:00Z']);
  const origin = () => ({
    VCS: chance.pick(['git', 'hg', 7]),
    URL: chance.pick([
      'https://u:p@git.example/x?key=1#f',
      'https://git.example/x',
      'file:///etc/passwd',
      '',
    ]),
    ...(chance.once(2) ? { Ref: oddText(chance), Hash: 'f00d' } : {}),
  });
  return JSON.stringify({
    Version: mostly(
      chance,
      () => 'v1.2.3',
      () => madeVersion(chance),
    ),
    ...(chance.once(3) ? {} : { Time: time() }),
    ...(chance.once(2) ? {} : { Origin: origin() }),
    ...(chance.once(9) ? { [oddText(chance)]: oddText(chance) } : {}),
  });
}

export function madeList(chance: Chance): string {
  return chance
    .many(0, 30, () => `${madeVersion(chance)}${chance.pick(['\n', '\n', ' 2024\n', '\r\n'])}`)
    .join('');
}
