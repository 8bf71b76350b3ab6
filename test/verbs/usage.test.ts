import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Project } from './command-line.ts';

const SEE_HELP = '`modferry <verb> --help` shows what it takes';

let project: Project;
beforeEach(() => {
  project = new Project();
  project.configure({ seeds: ['go.sum'], upstream: 'http://127.0.0.1:9' });
  project.write('go.sum', '');
});
afterEach(() => project.remove());

/** The error of a command line as --json prints it: exit 2, one document, nothing else said. */
async function usageError(argv: readonly string[]): Promise<unknown> {
  const { exit, document, stderr } = await project.json<{ error: unknown }>(...argv);
  expect({ exit, stderr, fields: Object.keys(document) }).toEqual({ exit: 2, stderr: '', fields: ['error'] });
  return document.error;
}

describe('a command line that is wrong', () => {
  it.each<[string, string[], string, string]>([
    ['no verb', [], 'name a verb: modferry --help lists them', SEE_HELP],
    ['a verb that is misspelt', ['statsu'], "there is no verb 'statsu'", "did you mean 'status'?"],
    [
      'a verb that is misspelt, with flags',
      ['snyc', '--prune'],
      "there is no verb 'snyc'",
      "did you mean 'sync'?",
    ],
    [
      'a verb that nobody knows',
      ['xyzzy'],
      "there is no verb 'xyzzy'",
      'known are: init, plan, sync, status, verify, serve, why, snapshots, gc, daemon',
    ],
    ['a flag that is misspelt', ['sync', '--prnue'], 'there is no flag --prnue', "did you mean '--prune'?"],
    [
      'a global flag that is misspelt',
      ['status', '--confg', 'x'],
      'there is no flag --confg',
      "did you mean '--config'?",
    ],
    ['a flag of another verb', ['plan', '--full'], 'there is no flag --full', SEE_HELP],
    ['a flag that is turned off', ['sync', '--no-prune'], 'there is no flag --no-prune', SEE_HELP],
    ['a short flag', ['sync', '-x'], 'there is no flag -x', SEE_HELP],
    ['an argument too many', ['status', 'now'], 'unknown argument: now', SEE_HELP],
    [
      'a second module',
      ['why', 'example.com/a', 'example.com/b'],
      'unknown argument: example.com/b',
      SEE_HELP,
    ],
    ['no module', ['why'], 'not enough non-option arguments: got 0, need at least 1', SEE_HELP],
    [
      'a flag without its value',
      ['status', '--max-age'],
      'not enough arguments following: max-age',
      SEE_HELP,
    ],
    [
      'a value that is none of those there are',
      ['sync', '--log-level', 'loud'],
      'invalid values: Argument: log-level, Given: "loud", Choices: "debug", "info", "warn", "error", "silent"',
      SEE_HELP,
    ],
    ['a text given twice', ['sync', '--config', 'a', '--config', 'b'], '--config is given twice', SEE_HELP],
    [
      'a text given twice, in both forms',
      ['sync', '--config=a', '--config', 'b'],
      '--config is given twice',
      SEE_HELP,
    ],
    ['a switch given twice', ['sync', '--prune', '--prune'], '--prune is given twice', SEE_HELP],
    [
      'a switch given twice, to both sides',
      ['sync', '--force', '--force=false'],
      '--force is given twice',
      SEE_HELP,
    ],
    [
      'a choice given twice',
      ['sync', '--log-level', 'info', '--log-level', 'debug'],
      '--log-level is given twice',
      SEE_HELP,
    ],
    [
      'a flag given twice, before and after the verb',
      ['--quiet', 'sync', '--quiet'],
      '--quiet is given twice',
      SEE_HELP,
    ],
    [
      'a duration that is none',
      ['status', '--max-age', '1 day'],
      "max-age: '1 day' is no duration",
      'write it as 26h, 90m or 2d',
    ],
    [
      'an address that is none',
      ['serve', '--listen', 'here'],
      "listen: 'here' is no address with a port",
      'write it as 127.0.0.1:8080',
    ],
  ])('exits with 2 and says what is wrong: %s', async (_, argv, message, hint) => {
    expect(await usageError(argv)).toEqual({ code: 'USAGE', message, hint });
  });

  it('says the same for people on stderr, and nothing on stdout', async () => {
    expect(await project.run('sync', '--prnue')).toEqual({
      exit: 2,
      stdout: '',
      stderr: "modferry: error: there is no flag --prnue\n  hint: did you mean '--prune'?\n",
    });
  });

  it.each([['--json=true'], ['--json']])('is told as one document when it says %s', async (flag) => {
    const { exit, stdout, stderr } = await project.run('status', '--max-age', 'x', flag);
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE' } });
  });

  it('changes nothing: no folder of a mirror is made', async () => {
    await project.run('sync', '--prune', '--prnue');
    expect(await project.run('verify')).toEqual({
      exit: 2,
      stdout: '',
      stderr: `modferry: error: ${project.layout.mirror}: nothing is published yet\n  hint: run modferry sync first\n`,
    });
  });
});

describe('why', () => {
  it.each([
    ['1e3', '1e3: invalid module path: the first element has no dot'],
    ['0x10', '0x10: invalid module path: the first element has no dot'],
    ['007', '007: invalid module path: the first element has no dot'],
    ['true', 'true: invalid module path: the first element has no dot'],
  ])('takes %s for the text that it is', async (text, message) => {
    expect(await usageError(['why', text])).toEqual({ code: 'PATH_INVALID', message });
  });
});

describe('help', () => {
  it('lists every verb with what it does, and exits with 0', async () => {
    const { exit, stdout, stderr } = await project.run('--help');
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    for (const verb of ['init', 'plan', 'sync', 'status', 'verify', 'serve', 'why <module>']) {
      expect(stdout).toMatch(new RegExp(`^  modferry ${verb} +\\w`, 'm'));
    }
    for (const flag of ['config', 'env', 'json', 'log-level', 'quiet'])
      expect(stdout).toContain(`  --${flag} `);
  });

  it.each([
    ['init', 'write a commented mirror.config.ts, never over an existing one', []],
    ['plan', 'changes nothing', ['--sizes']],
    ['sync', 'publish a snapshot', ['--prune', '--force', '--strict']],
    ['status', 'changes nothing', ['--max-age']],
    ['verify', 'changes nothing', ['--full']],
    ['serve', 'changes nothing', ['--listen']],
    ['why', 'changes nothing', []],
  ])('of %s says what it changes, and names its flags', async (verb, change, flags) => {
    const { exit, stdout, stderr } = await project.run(verb, '--help');
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout.replace(/\s+/g, ' ')).toContain(change);
    for (const flag of flags) expect(stdout).toContain(`  ${flag} `);
  });

  it('needs no configuration', async () => {
    project.write('mirror.config.json', 'broken');
    expect((await project.run('sync', '--help')).exit).toBe(0);
  });

  it('prints the version, which is that of package.json', async () => {
    expect(await project.run('--version')).toEqual({ exit: 0, stdout: '0.1.0\n', stderr: '' });
  });
});

describe('what goes wrong before the lock is held', () => {
  it.each<[string, (made: Project) => string[], (folder: string) => { code: string; message: string }]>([
    [
      'a configuration that is not there',
      () => ['sync', '--config', 'none.ts'],
      () => ({ code: 'CONFIG_NOT_FOUND', message: 'none.ts: there is no such configuration file' }),
    ],
    [
      'a field that is not there',
      (made) => {
        made.configure({ seeds: ['go.sum'], mirorr: 'x' });
        return ['plan'];
      },
      (folder) => ({
        code: 'CONFIG_INVALID',
        message: `${folder}/mirror.config.json: mirorr: unknown field`,
      }),
    ],
    [
      'an environment that is not there',
      () => ['status', '--env', 'staging'],
      (folder) => ({
        code: 'CONFIG_INVALID',
        message: `${folder}/mirror.config.json: environments: there is no environment 'staging'`,
      }),
    ],
    [
      'a seed that is not there',
      (made) => {
        made.configure({ seeds: ['none/go.sum'], upstream: 'http://127.0.0.1:9' });
        return ['sync'];
      },
      (folder) => ({
        code: 'SEED_NOT_FOUND',
        message: `${folder}/mirror.config.json: seeds: none/go.sum: no such file or folder`,
      }),
    ],
    [
      'a go.sum with a bad line',
      (made) => {
        made.write('go.sum', 'example.com/m v1.0.0\n');
        return ['plan'];
      },
      () => ({
        code: 'GOSUM_MALFORMED',
        message: 'go.sum:1: malformed go.sum: 2 fields in place of 3',
      }),
    ],
    [
      'a list that is empty',
      () => ['sync'],
      (folder) => ({
        code: 'NOTHING_WANTED',
        message: `${folder}/mirror.config.json: seeds: no module version is wanted: go.sum name none`,
      }),
    ],
  ])('exits with 2 and one document: %s', async (_, prepare, expected) => {
    const error = await usageError(prepare(project));
    expect(error).toMatchObject(expected(project.folder));
  });
});
