import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('print-fixture.ts', import.meta.url));
const GOLDEN = readFileSync(new URL('three-modules.golden', import.meta.url), 'utf8');

function runNode(args: string[], env: Record<string, string> = {}): string {
  return execFileSync(process.execPath, args, { env: { ...env, PATH: '' }, encoding: 'utf8' });
}

describe('the same bytes on every machine', () => {
  // Swedish sorts ä after z, Lithuanian y beside i; Kathmandu is a quarter of an hour off.
  const machines: [locale: string, timeZone: string, lang: string][] = [
    ['en-US', 'UTC', 'C'],
    ['sv-SE', 'Asia/Kathmandu', 'sv_SE.UTF-8'],
    ['lt-LT', 'America/St_Johns', 'lt_LT.UTF-8'],
    ['tr-TR', 'Pacific/Kiritimati', 'tr_TR.UTF-8'],
  ];
  test.each(machines)('%s in %s', (locale, timeZone, lang) => {
    const output = runNode([PROGRAM], { LC_ALL: lang, TZ: timeZone });
    const [machine] = output.split('\n', 1);
    // Node says Katmandu by the zone's older name.
    expect(machine?.replace('Katmandu', 'Kathmandu')).toBe(`${locale} ${timeZone}`);
    expect(output.slice(output.indexOf('\n') + 1)).toBe(GOLDEN);
  });
});

describe('what is loaded', () => {
  const loaded = (module: string): string[] => {
    const url = new URL(`../../src/sbom/${module}`, import.meta.url).href;
    const program = `
      await import(${JSON.stringify(url)});
      const { createRequire } = await import('node:module');
      console.log(JSON.stringify(Object.keys(createRequire(${JSON.stringify(url)}).cache)));`;
    return JSON.parse(runNode(['--input-type=module', '--eval', program]));
  };
  const AJV = /\/node_modules\/ajv\//;

  test('writing an SBOM loads neither ajv nor the whole library', () => {
    const files = loaded('document.ts');
    expect(files.filter((file) => AJV.test(file))).toEqual([]);
    expect(files.filter((file) => file.endsWith('/dist.node/index.node.js'))).toEqual([]);
    expect(files.filter((file) => file.endsWith('/dist.node/models/index.js'))).toHaveLength(1);
  });

  test('checking one loads ajv, and not the library', () => {
    const files = loaded('validate.ts');
    expect(files.filter((file) => AJV.test(file))).not.toEqual([]);
    expect(files.filter((file) => file.includes('/cyclonedx-library/dist.node/'))).toEqual([]);
  });
});
