/**
 * A token in every place where a secret may stand, in runs that succeed and runs that fail in each way there is: it
 * reaches the server it is for, and neither stdout, nor the log, nor any file or name below the mirror.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { UserConfig } from '../../src/config/schema.ts';
import { World } from '../support/sync-fixture.ts';
import { TestLog } from '../support/test-log.ts';
import { type Fault, startUpstream, type UpstreamServer } from '../support/upstream-server.ts';
import { makeCertificate } from '../upstream/certificate.ts';

/** Each holds a letter that URLs escape, and stands for itself alone. */
const TOKENS = {
  upstreamUser: 'tokUpstreamUser+1',
  upstreamQuery: 'tokUpstreamQuery+2',
  upstreamHeader: 'tokUpstreamHeader+3',
  seedUser: 'tokSeedUser+4',
  seedQuery: 'tokSeedQuery+5',
  seedHeader: 'tokSeedHeader+6',
  modQuery: 'tokModQuery+7',
  netrc: 'tokNetrc+8',
  proxy: 'tokProxy+9',
  logUser: 'tokLogUser+10',
} as const;

const LOG = new TestLog('log.example');
LOG.fill(20);

describe('with secrets everywhere, no token is told or written', () => {
  test.each<[string, (world: SecretWorld) => void, number]>([
    ['when all goes well', () => {}, 0],
    ['when every answer is 401', everywhere({ status: 401, body: 'who are you?' }), 3],
    ['when every answer is 403', everywhere({ status: 403, body: 'no entry' }), 3],
    ['when every refusal repeats what was sent', repeatAll, 3],
    ['when every connection is reset', everywhere({ reset: true }), 3],
    ['when every answer is a page', everywhere({ page: true }), 3],
    ['when every answer is cut', everywhere({ contentLength: 10_000, truncate: 3 }), 3],
    [
      'when every answer leads in a circle',
      everywhere({ redirect: `/loop?signature=${TOKENS.upstreamQuery}` }),
      3,
    ],
    ['when every answer is 503', everywhere({ status: 503, headers: { 'retry-after': '0' } }), 3],
    ['when modules are false', only(/@v\/.*\.(mod|zip)$/, { body: 'false' }), 4],
    ['when the log lies', only(/^sumdb\/.*lookup/, { body: 'false' }), 4],
    ['when the log wants a password', only(/^sumdb\//, { status: 401, body: 'password?' }), 3],
    ['when the lists cannot be had', only(/^team\//, { status: 404 }), 3],
    ['when the list is malformed', only(/^team\/go\.sum/, { body: 'not a list' }), 2],
    ['when the go.mod is malformed', only(/^team\/go\.mod/, { body: 'require (' }), 2],
    ['when nobody listens', (world) => world.configureAt('http://127.0.0.1:1'), 3],
    [
      'when the server does not speak TLS',
      (world) => world.configureAt(world.upstream.url.replace('http:', 'https:')),
      3,
    ],
    ['when the proxy does not answer', (world) => world.through('http', '127.0.0.1:1'), 3],
    ['when the proxy hangs up', (world) => world.through('http', new URL(world.upstream.url).host), 3],
    ['when the proxy is none', (world) => world.through('http', 'host with spaces'), 2],
    ['when the proxy is of another kind', (world) => world.through('socks5', '127.0.0.1:1'), 2],
  ])('%s', async (_, arrange, exit) => {
    await using world = await makeSecretWorld();
    arrange(world);
    expect((await world.sayAll('sync')).exit).toBe(exit);
    for (const verb of ['plan', 'status', 'verify', 'why example.com/m', 'sync --strict'])
      await world.sayAll(verb);
    world.expectNothingTold();
  });
});

describe('with secrets in what is wrong with the configuration', () => {
  const url = `https://me:${TOKENS.upstreamUser}@proxy.example/?key=${TOKENS.upstreamQuery}`;
  const ftp = url.replace('https:', 'ftp:');
  test.each<[string, string | object]>([
    ['an upstream of another scheme', { upstream: ftp }],
    ['an upstream of another scheme in a list', { upstream: [ftp, { url: ftp }] }],
    ['an upstream that is no URL', { upstream: `https://me:${TOKENS.upstreamUser}@` }],
    ['an upstream with a broken escape', { upstream: `https://me:%zz${TOKENS.upstreamUser}@proxy.example` }],
    ['an upstream after direct', { upstream: `direct,${url}` }],
    ['a header with a newline', { upstream: [{ url, headers: { 'X-Key': `${TOKENS.upstreamHeader}\n` } }] }],
    ['a header that is a number', { upstream: [{ url, headers: { 'X-Key': [TOKENS.upstreamHeader] } }] }],
    ['a seed by a URL of another scheme', { seeds: [{ url: ftp }] }],
    ['a URL as a path', { seeds: [url] }],
    ['a URL as a pattern', { seeds: [`${url}*`] }],
    ['a seed with a field too many', { seeds: [{ url, token: TOKENS.seedHeader }] }],
    ['a checksum database without a key', { sumdb: url }],
    ['a checksum database of another scheme', { sumdb: `${LOG.key} ${ftp}` }],
    ['a checksum database with a word too many', { sumdb: `${LOG.key} ${url} ${TOKENS.logUser}` }],
    ['an SBOM address of another scheme', { sbom: { baseUrl: ftp } }],
    ['JSON with a value that is no text', `{"upstream": [{"headers": {"a": ${TOKENS.upstreamHeader}}}]}`],
    ['JSON that ends early', `{"upstream": "${url}`],
    ['JSON with two values', `{"upstream": "${url}" "${TOKENS.upstreamHeader}"}`],
  ])('%s is exit 2 and quotes none of it', async (_, wrong) => {
    await using world = await makeSecretWorld();
    if (typeof wrong === 'string') world.write('mirror.config.json', wrong);
    else world.configureSecret(wrong);
    expect((await world.sayAll('sync')).exit).toBe(2);
    for (const verb of ['plan', 'status', 'verify', 'why example.com/m']) await world.sayAll(verb);
    world.expectNothingTold();
  });

  test.each([
    ['GOPROXY', 'of another scheme', ftp],
    ['GOPROXY', 'that is no URL', `https://me:${TOKENS.upstreamUser}@`],
    ['GOSUMDB', 'without a key', url],
    ['GOSUMDB', 'at an address of another scheme', `${LOG.key} ${ftp}`],
  ])('%s %s is exit 2 and is not quoted', async (name, _, value) => {
    await using world = await makeSecretWorld();
    world.env[name] = value;
    world.configureSecret({ upstream: undefined, sumdb: undefined });
    expect((await world.sayAll('sync')).exit).toBe(2);
    world.expectNothingTold();
  });
});

test('init writes nothing of the environment', async () => {
  await using world = await makeSecretWorld();
  world.env.GOPROXY = `https://me:${TOKENS.upstreamUser}@proxy.example`;
  expect((await world.sayAll('init --config new.config.ts')).exit).toBe(0);
  expect(readFileSync(join(world.home, 'new.config.ts'), 'utf8')).not.toContain('tok');
  world.expectNothingTold();
});

describe('netrc', () => {
  let tls: ReturnType<typeof makeCertificate>;
  beforeAll(() => {
    tls = makeCertificate();
  });

  test.each<[string, Fault | undefined, boolean, number]>([
    ['when all goes well', undefined, true, 0],
    ['when it is refused', { status: 401, body: echo(TOKENS.netrc) }, true, 3],
    ['when the certificate is not trusted', undefined, false, 3],
  ])('gives its password to the server over https alone, %s', async (_, fault, isTrusted, exit) => {
    if (tls === undefined) return;
    await using world = await makeSecretWorld();
    const server = await startUpstream({ tls });
    try {
      server.add({ path: 'example.com/m', version: 'v1.0.0', files: { 'go.mod': 'module example.com/m\n' } });
      if (fault) server.fault(/./, fault);
      world.write('ca.pem', tls.cert);
      world.write('.netrc', `machine 127.0.0.1 login me password ${TOKENS.netrc}\n`);
      world.writeSum('lists/go.sum', server.goSumLines());
      const entry = { url: server.url, ...(isTrusted ? { ca: './ca.pem' } : {}) };
      world.configure({ seeds: ['lists'], upstream: [entry], sumdb: 'off' });
      expect((await world.sayAll('sync')).exit).toBe(exit);
      const sent = server.requests.map(({ headers }) => headers.authorization);
      expect(new Set(sent)).toEqual(new Set(isTrusted ? [`Basic ${btoa(`me:${TOKENS.netrc}`)}`] : []));
      world.expectNothingTold();
    } finally {
      await server.close();
    }
  });
});

class SecretWorld extends World {
  readonly #said: string[] = [];

  constructor(root: string, upstream: UpstreamServer) {
    super(root, upstream);
    this.add('example.com/m', 'v1.0.0');
    LOG.add('example.com/m', 'v1.0.0', this.h1({ path: 'example.com/m', version: 'v1.0.0' } as never, 'zip'));
    upstream.put('team/go.sum', upstream.goSumLines().join('\n'));
    upstream.put('team/go.mod', 'module example.com/team\n\nrequire example.com/m v1.0.0\n');
    upstream.mount('sumdb/log.example/', (path) => LOG.answer(path));
    upstream.fault('loop', { redirect: `/loop?signature=${TOKENS.upstreamQuery}` });
    this.configureAt(upstream.url);
  }

  /** All servers at one address, each with its own secrets. */
  configureAt(url: string, fields: Partial<UserConfig> = {}): void {
    const as = (token: string, at = url) => at.replace('//', `//me:${encodeURIComponent(token)}@`);
    const query = (token: string) => `?key=${encodeURIComponent(token)}`;
    this.configure({
      seeds: [
        {
          url: `${as(TOKENS.seedUser)}/team/go.sum${query(TOKENS.seedQuery)}`,
          mod: `${as(TOKENS.seedUser)}/team/go.mod${query(TOKENS.modQuery)}`,
          headers: { 'Private-Token': TOKENS.seedHeader },
        },
      ],
      upstream: [
        {
          url: `${as(TOKENS.upstreamUser)}/${query(TOKENS.upstreamQuery)}`,
          headers: { 'X-Key': TOKENS.upstreamHeader },
        },
      ],
      sumdb: `${LOG.key} ${as(TOKENS.logUser)}/sumdb/log.example`,
      ...fields,
    });
  }

  configureSecret(fields: object): void {
    this.configureAt(this.upstream.url, fields);
  }

  through(scheme: string, host: string): void {
    const proxy = `${scheme}://me:${encodeURIComponent(TOKENS.proxy)}@${host}`;
    Object.assign(this.env, { HTTP_PROXY: proxy, HTTPS_PROXY: proxy });
  }

  /** As text and as JSON, with all that the log can tell. */
  async sayAll(command: string): Promise<{ exit: number }> {
    const flags = ['--log-level', 'debug'];
    const { exit, stdout, stderr } = await this.run(...command.split(' '), ...flags);
    const json = await this.run(...command.split(' '), ...flags, '--json');
    this.#said.push(stdout, stderr, json.stdout, json.stderr);
    return { exit };
  }

  /** Neither said nor written, in any of the forms in which a token travels. */
  expectNothingTold(): void {
    expect(this.#said.join('')).not.toBe('');
    const forms = Object.values(TOKENS).flatMap(formsOf);
    const told = (text: string) => forms.filter((form) => text.includes(form));
    expect(told(this.#said.join('\n')), this.#said.join('\n')).toEqual([]);
    for (const path of pathsBelow(this.mirror)) {
      expect(told(path)).toEqual([]);
      expect(told(readFileSync(join(this.mirror, path), 'latin1')), path).toEqual([]);
    }
  }
}

async function makeSecretWorld(): Promise<SecretWorld> {
  return new SecretWorld(mkdtempSync(join(tmpdir(), 'modferry-test-')), await startUpstream());
}

function everywhere(fault: Fault): (world: SecretWorld) => void {
  return only(/^(?!loop)/, fault);
}

function only(match: RegExp, fault: Fault): (world: SecretWorld) => void {
  return (world) => world.upstream.fault(match, fault);
}

/** Careless servers: each repeats all that it was sent. */
function repeatAll({ upstream }: SecretWorld): void {
  const { seedUser, seedQuery, seedHeader, modQuery, logUser, upstreamUser, upstreamQuery, upstreamHeader } =
    TOKENS;
  const repeat = (match: RegExp, password: string, ...others: string[]) =>
    upstream.fault(match, { status: 403, body: echo(password, ...others) });
  repeat(/^team\/go.sum/, seedUser, seedQuery, seedHeader);
  repeat(/^team\/go.mod/, seedUser, modQuery, seedHeader);
  repeat(/^sumdb/, logUser);
  repeat(/./, upstreamUser, upstreamQuery, upstreamHeader);
}

/** As it was sent, as a URL has it, and the password as the header has it. */
function echo(password: string, ...others: readonly string[]): string {
  const plain = [password, ...others].flatMap((token) => [token, encodeURIComponent(token)]);
  return [btoa(`me:${password}`), ...plain].join(' ');
}

function formsOf(token: string): string[] {
  const bare = token.replace(/\+\d+$/, '');
  return [bare, btoa(`me:${token}`).slice(0, 16), Buffer.from(token).toString('hex')];
}

function pathsBelow(root: string): string[] {
  if (!existsSync(root)) return [];
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1));
}
