import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { MirrorError } from '../../src/errors.ts';
import type { Replacement } from '../../src/gomod/directives.ts';
import { escapePath, escapeVersion, unescapePath, unescapeVersion } from '../../src/gomod/escape.ts';
import { parseGoMod } from '../../src/gomod/go-mod.ts';
import { parseGoWork } from '../../src/gomod/go-work.ts';
import { hashFileList } from '../../src/gomod/h1.ts';
import { parseInfo } from '../../src/gomod/info.ts';
import { checkFilePath, parseModulePath, splitPathVersion } from '../../src/gomod/module-path.ts';
import { parseModuleVersion } from '../../src/gomod/module-version.ts';
import { matchesPatterns, parsePatterns } from '../../src/gomod/pattern.ts';
import {
  canonicalSemver,
  compareSemver,
  isValidSemver,
  parseSemver,
  prerelease,
  semverMajor,
} from '../../src/gomod/semver.ts';
import {
  canonicalVersion,
  isPseudoVersion,
  parseVersion,
  pseudoVersionTime,
  sortVersions,
} from '../../src/gomod/version.ts';
import { buildOracle, type Question, type Verdict } from '../support/go-oracle/oracle.ts';
import { globs, globTargets, modFiles, modLines, paths, SEED, sample, versions } from './inputs.ts';

const COUNT = 16_000;
const oracle = buildOracle();
const isMissing = 'missing' in oracle;
if (isMissing) {
  process.stderr.write(
    `\nSKIPPED: the comparison with golang.org/x/mod, which cannot be built: ${oracle.missing}\n\n`,
  );
}

afterAll(() => {
  if (!('missing' in oracle)) oracle.close();
});

describe.skipIf(isMissing)(`against the real golang.org/x/mod, seed ${SEED}`, { timeout: 60_000 }, () => {
  const pathTexts = sample(paths, COUNT);
  const versionTexts = sample(versions, COUNT);
  const pairs = pathTexts.map(
    (path, index) => [path, versionTexts[(index * 7) % versionTexts.length] ?? ''] as const,
  );
  const modTexts = [...sample(modFiles, COUNT), ...sample(modLines, COUNT)];

  it('has more than 5,000 different paths, versions and go.mod files to ask about', () => {
    expect(Math.min(pathTexts.length, versionTexts.length, modTexts.length)).toBeGreaterThan(5_000);
  });

  it('accepts the same module paths', () => {
    agree('CheckPath', pathTexts, 2_000, (path) => attempt(() => void parseModulePath(path)));
  });

  it('parts the same major version suffixes', () => {
    agree('SplitPathVersion', pathTexts, 2_000, (path) => {
      const { prefix, pathMajor, ok } = splitPathVersion(path);
      return { OK: ok, Value: [prefix, pathMajor] };
    });
  });

  it('accepts the same file paths', () => {
    const newer = newerLetters();
    const known = pathTexts.filter((path) => !newer.test(path));
    agree('CheckFilePath', known, 2_000, (path) => attempt(() => checkFilePath(path)));
  });

  it('takes for a letter whatever Go does', () => {
    const refused = goLetters().filter(([first, end]) => {
      const run = Array.from({ length: end - first }, (_, index) => first + index);
      return !attempt(() => checkFilePath(`_${String.fromCodePoint(...run)}`)).OK;
    });
    expect(refused).toEqual([]);
  });

  it('escapes and unescapes the same paths to the same text', () => {
    agree('EscapePath', pathTexts, 1_000, (path) => attempt(() => escapePath(parseModulePath(path))));
    const escaped = pathTexts.map((path) =>
      path.replaceAll(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`),
    );
    agree('UnescapePath', [...escaped, ...pathTexts], 2_000, (path) => attempt(() => unescapePath(path)));
  });

  it('reads the same semantic versions into the same parts', () => {
    agree('semver', versionTexts, 2_000, (version) => ({
      OK: isValidSemver(version),
      Value: [
        canonicalSemver(version),
        semverMajor(version),
        prerelease(version),
        parseSemver(version)?.build ?? '',
      ],
    }));
    agree('CanonicalVersion', versionTexts, 2_000, (version) => ({
      OK: isValidSemver(version),
      Value: canonicalVersion(version) ?? '',
    }));
  });

  it('orders any two texts as semver.Compare does', () => {
    const asked = versionTexts.map((a, index) => [
      a,
      versionTexts[(index * 31 + 1) % versionTexts.length] ?? '',
    ]);
    const valid = versionTexts.filter(isValidSemver);
    const close = valid.map((a, index) => [a, valid[(index * 17 + 3) % valid.length] ?? '']);
    const all = [...asked, ...close];
    const verdicts = ask(all.map((Args) => ({ Ask: 'Compare', Args })));
    const wrong = all.filter(([a = '', b = ''], index) => compareSemver(a, b) !== verdicts[index]?.Value);
    expect(wrong).toEqual([]);
  });

  it('sorts a list as semver.Sort does', () => {
    const valid = versionTexts.filter(isValidSemver);
    const [verdict] = ask([{ Ask: 'Sort', Args: valid }]);
    expect(sortVersions(valid)).toEqual(verdict?.Value);
  });

  it('recognises the same pseudo-versions, with the same times', () => {
    agree('PseudoVersion', versionTexts, 200, (version) => {
      const time = pseudoVersionTime(version)?.toISOString().replace('.000Z', 'Z');
      return { OK: isPseudoVersion(version), ...(time === undefined ? {} : { Value: time }) };
    });
  });

  it('accepts a path with a version as module.Check does, and canonical versions only', () => {
    const all = [...pairs, ...validPairs(pathTexts, versionTexts)];
    const verdicts = ask(all.map(([path, version]) => ({ Ask: 'Check', Args: [path, version] })));
    const wrong = all.filter(([path, version], index) => {
      const expected = verdicts[index]?.OK === true && canonicalVersion(version) === version;
      return attempt(() => parseModuleVersion(path, version)).OK !== expected;
    });
    expect(wrong).toEqual([]);
    expect(verdicts.filter((verdict) => verdict.OK).length).toBeGreaterThan(900);
  });

  it('escapes every canonical version as Go does', () => {
    const canonical = versionTexts.filter((version) => canonicalVersion(version) === version);
    agree('EscapeVersion', canonical, 500, (version) => attempt(() => escapeVersion(parseVersion(version))));
  });

  it('unescapes what Go does, and of that only canonical versions', () => {
    const escaped = versionTexts.map((text) =>
      text.replaceAll(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`),
    );
    const all = [...escaped, ...versionTexts];
    const verdicts = ask(all.map((text) => ({ Ask: 'UnescapeVersion', Args: [text] })));
    const wrong = all.filter((text, index) => {
      const { OK, Value } = verdicts[index] ?? { OK: false };
      const expected = OK && canonicalVersion(String(Value)) === Value ? Value : undefined;
      return attempt(() => unescapeVersion(text)).Value !== expected;
    });
    expect(wrong).toEqual([]);
  });

  it('finds the same patterns malformed', () => {
    const single = sample(globs, COUNT).filter((glob) => glob !== '' && !/[,]|\/$/.test(glob));
    agree('Match', single, 1_000, (glob) => attempt(() => void parsePatterns(glob)));
  });

  it('matches path prefixes as module.MatchPrefixPatterns does', () => {
    const asked = sample(globs, COUNT)
      .filter((glob) => attempt(() => parsePatterns(glob)).OK)
      .flatMap((glob) => globTargets.map((target) => [glob, target] as const));
    const verdicts = ask(asked.map((Args) => ({ Ask: 'MatchPrefixPatterns', Args })));
    const wrong = asked.filter(
      ([glob, target], index) => matchesPatterns(parsePatterns(glob), target) !== verdicts[index]?.OK,
    );
    expect(wrong).toEqual([]);
    expect(verdicts.filter((verdict) => verdict.OK).length).toBeGreaterThan(1_000);
  });

  it('reads the same from go.mod files, strictly', () => {
    agree('Parse', modTexts, 500, (text) => attempt(() => describeGoMod(text, false)));
  });

  it('reads the same from go.mod files, laxly', () => {
    agree('ParseLax', modTexts, 1_000, (text) => attempt(() => describeGoMod(text, true)));
  });

  it('reads the same from go.work files', () => {
    agree('ParseWork', modTexts, 300, (text) => attempt(() => describeGoWork(text)));
  });

  it('accepts no time that Go would not read, and no other reading of it', () => {
    const asked = times.map((time) => ({ Ask: 'RFC3339', Args: [JSON.stringify(time)] }));
    const mv = parseModuleVersion('example.com/m', 'v1.0.0');
    const wrong = ask(asked).flatMap((verdict, index) => {
      const time = times[index] ?? '';
      if (!parseInfo(JSON.stringify({ Version: mv.version, Time: time }), mv).ok) return [];
      return verdict.OK && verdict.Value === new Date(time).getTime() ? [] : [{ time, verdict }];
    });
    expect(wrong).toEqual([]);
  });

  it('hashes lists of files to the same h1', () => {
    const names = pathTexts.filter((path) => !path.includes('\n'));
    const lists = [
      [],
      ['go.mod'],
      names.slice(0, 3_000),
      ['\u{1f600}', '\uffee', 'a', 'Z', 'é'],
      ['a/b', 'a.b', 'a'],
    ];
    const verdicts = ask(lists.map((Args) => ({ Ask: 'Hash1', Args })));
    const ours = lists.map((list) => hashFileList(list.map((name) => ({ name, sha256: sha256(name) }))));
    expect(ours).toEqual(verdicts.map((verdict) => verdict.Value));
  });
});

const times = [
  '2020-01-02T15:04:05Z',
  '2020-01-02T15:04:05.123Z',
  '2020-01-02T15:04:05.123456789012Z',
  '2020-01-02T15:04:05+01:00',
  '2020-01-02T15:04:05-23:59',
  '2020-01-02T15:04:05+24:00',
  '2020-01-02T15:04:05+01:60',
  '2020-01-02T24:00:00Z',
  '2020-01-02T23:59:60Z',
  '2020-02-30T00:00:00Z',
  '2021-02-29T00:00:00Z',
  '2020-02-29T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '2020-13-01T00:00:00Z',
  '2020-01-02 15:04:05Z',
  '2020-01-02t15:04:05z',
  '2020-01-02T15:04:05',
  '20200102T150405Z',
  '',
  '2020-01-02T15:04:05.Z',
  '2020-01-02T15:04:05,5Z',
  '+02020-01-02T15:04:05Z',
  '2020-01-02T5:04:05Z',
  '2020-01-02T15:04:05Z\n',
];

function ask(questions: readonly Question[]): Verdict[] {
  if ('missing' in oracle) throw new Error(oracle.missing);
  return oracle.ask(questions);
}

/** Asks one question of each text, and expects our verdict to equal Go's; enough of them must be accepted to count. */
function agree(
  Ask: string,
  texts: readonly string[],
  atLeast: number,
  ours: (text: string) => Verdict,
): void {
  const verdicts = ask(texts.map((text) => ({ Ask, Args: [text] })));
  const wrong = texts.flatMap((text, index) => {
    const { Error: reason, ...go } = verdicts[index] ?? { OK: false };
    const mine = ours(text);
    return JSON.stringify(sorted(mine)) === JSON.stringify(sorted(go)) ? [] : [{ text, go, reason, mine }];
  });
  expect(wrong.slice(0, 10)).toEqual([]);
  expect(verdicts.filter((verdict) => verdict.OK).length).toBeGreaterThanOrEqual(atLeast);
}

/** Runs of code points that are letters for Go, each with the code point behind it. */
function goLetters(): (readonly [first: number, end: number])[] {
  const [verdict] = ask([{ Ask: 'letters', Args: [] }]);
  const edges = Array.isArray(verdict?.Value) ? verdict.Value.map(Number) : [];
  return edges.flatMap((first, index) =>
    index % 2 === 0 ? [[first, edges[index + 1] ?? first] as const] : [],
  );
}

/** The letters of this runtime's Unicode that the Go in use does not know yet. */
function newerLetters(): RegExp {
  const known = goLetters().map(
    ([first, end]) => `\\u{${first.toString(16)}}-\\u{${(end - 1).toString(16)}}`,
  );
  return new RegExp(`(?![${known.join('')}])\\p{L}`, 'u');
}

function attempt(read: () => unknown): Verdict {
  try {
    const Value = read();
    return Value === undefined ? { OK: true } : { OK: true, Value };
  } catch (error) {
    if (error instanceof MirrorError) return { OK: false };
    throw error;
  }
}

function sorted({ OK, Value }: Verdict): unknown {
  const isRecord = typeof Value === 'object' && Value !== null && !Array.isArray(Value);
  return [OK, isRecord ? Object.entries(Value).toSorted(([a], [b]) => (a < b ? -1 : 1)) : Value];
}

function validPairs(
  pathTexts: readonly string[],
  versionTexts: readonly string[],
): (readonly [string, string])[] {
  const goodPaths = pathTexts.filter((path) => attempt(() => parseModulePath(path)).OK);
  const goodVersions = versionTexts.filter(isValidSemver);
  return goodPaths.map((path, index) => [path, goodVersions[(index * 13) % goodVersions.length] ?? '']);
}

function describeGoMod(text: string, lax: boolean): unknown {
  const mod = parseGoMod(text, 'go.mod', { lax });
  return {
    ...(mod.module === undefined ? {} : { module: mod.module, deprecated: mod.deprecated ?? '' }),
    ...(mod.go === undefined ? {} : { go: mod.go }),
    ...(mod.toolchain === undefined ? {} : { toolchain: mod.toolchain }),
    require: mod.require.map(({ mv, indirect, line }) => `${line} ${mv.path}@${mv.version} ${indirect}`),
    exclude: mod.exclude.map(({ mv, line }) => `${line} ${mv.path}@${mv.version}`),
    replace: mod.replace.map(describeReplacement),
    retract: mod.retract.map(({ low, high, rationale, line }) => `${line} ${low} ${high} ${rationale}`),
    tool: mod.tool,
  };
}

function describeGoWork(text: string): unknown {
  const work = parseGoWork(text, 'go.work');
  return {
    ...(work.go === undefined ? {} : { go: work.go }),
    ...(work.toolchain === undefined ? {} : { toolchain: work.toolchain }),
    use: work.use.map(({ path, line }) => `${line} ${path}`),
    replace: work.replace.map(describeReplacement),
  };
}

function describeReplacement({ old, by, line }: Replacement): string {
  const version = by.kind === 'module' ? by.version : '';
  return `${line} ${old.path}@${old.version ?? ''} => ${by.path}@${version}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
