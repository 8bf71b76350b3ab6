import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { serialNumber, snapshotPurl } from '../../src/sbom/identity.ts';

describe('the serial number', () => {
  const digests: [what: string, sha256: string, serial: string][] = [
    [
      'only zeros: version and variant are set',
      '00'.repeat(32),
      'urn:uuid:00000000-0000-8000-8000-000000000000',
    ],
    [
      'only ones: version and variant are cleared',
      'ff'.repeat(32),
      'urn:uuid:ffffffff-ffff-8fff-bfff-ffffffffffff',
    ],
    [
      'of the empty text: the first 128 bits',
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'urn:uuid:e3b0c442-98fc-8c14-9afb-f4c8996fb924',
    ],
  ];
  test.each(digests)('%s', (_what, sha256, serial) => {
    expect(serialNumber(sha256)).toBe(serial);
  });

  test('is a UUIDv8 as the schema wants it for every digest', () => {
    const digest = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((bytes) => Buffer.from(bytes).toString('hex'));
    const uuid8 = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    fc.assert(fc.property(digest, (sha256) => uuid8.test(serialNumber(sha256))));
  });
});

test('a snapshot id is percent-encoded in its purl, but for a plus sign', () => {
  expect(snapshotPurl('2026-11-23T10:23+a@b/c')).toBe(
    'pkg:generic/modferry-snapshot@2026-11-23T10%3A23+a%40b%2Fc',
  );
});
