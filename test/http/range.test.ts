import { request } from 'node:http';
import { describe, expect, it, test } from 'vitest';
import { parseRange } from '../../src/http/range.ts';
import { makePublicFolder } from './public-folder.ts';

const ZIP = '/current/example.com/m/@v/v1.0.0.zip';
const WHOLE = 'PK0123456789';

/** One request with headers of the test's choice. */
async function get(url: string, headers: Record<string, string>, method = 'GET') {
  const sent = request(url, { agent: false, headers, method }).end();
  const response = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
  });
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, headers: response.headers, body };
}

describe('a range of a zip', () => {
  it.each([
    ['bytes=0-1', 'PK', 'bytes 0-1/12'],
    ['bytes=2-', '0123456789', 'bytes 2-11/12'],
    ['bytes=-3', '789', 'bytes 9-11/12'],
    ['bytes=-99', WHOLE, 'bytes 0-11/12'],
    ['bytes=11-11', '9', 'bytes 11-11/12'],
    ['bytes=4-999', '23456789', 'bytes 4-11/12'],
  ])('%s is sent as a part', async (range, body, contentRange) => {
    await using folder = makePublicFolder();
    const { url } = await folder.serve();
    const answer = await get(url + ZIP, { range });
    expect(answer).toMatchObject({ status: 206, body });
    expect(answer.headers).toMatchObject({
      'content-range': contentRange,
      'content-length': String(body.length),
      'content-type': 'application/zip',
      'accept-ranges': 'bytes',
    });
  });

  it.each(['bytes=12-', 'bytes=99-100', 'bytes=-0'])('%s cannot be had', async (range) => {
    await using folder = makePublicFolder();
    const { url } = await folder.serve();
    const answer = await get(url + ZIP, { range });
    expect(answer).toMatchObject({ status: 416, body: '' });
    expect(answer.headers['content-range']).toBe('bytes */12');
  });

  it.each([
    'bytes=5-2',
    'bytes=0-1,4-5',
    'bytes=',
    'bytes=-',
    'items=0-1',
    'bytes=a-b',
    `bytes=${'9'.repeat(400)}-`,
  ])('%s is no range: the whole file is sent', async (range) => {
    await using folder = makePublicFolder();
    const { url } = await folder.serve();
    expect(await get(url + ZIP, { range })).toMatchObject({ status: 200, body: WHOLE });
  });

  it('is sent only where the client has the beginning of the same file', async () => {
    await using folder = makePublicFolder();
    const { url } = await folder.serve();
    const modified = (await get(url + ZIP, {})).headers['last-modified'] ?? '';
    const range = 'bytes=2-';
    expect((await get(url + ZIP, { range, 'if-range': modified })).status).toBe(206);
    expect((await get(url + ZIP, { range, 'if-range': '"etag"' })).body).toBe(WHOLE);
    const old = new Date(0).toUTCString();
    expect((await get(url + ZIP, { range, 'if-range': old })).body).toBe(WHOLE);
  });

  it('says nothing to HEAD', async () => {
    await using folder = makePublicFolder();
    const { url } = await folder.serve();
    const { status, headers } = await get(url + ZIP, { range: 'bytes=0-1' }, 'HEAD');
    expect({ status, length: headers['content-length'] }).toEqual({ status: 200, length: '12' });
  });
});

test('what may change has no ranges: two parts could be of two snapshots', async () => {
  await using folder = makePublicFolder();
  const { url } = await folder.serve();
  const answer = await get(`${url}/current/example.com/m/@v/list`, { range: 'bytes=0-1' });
  expect(answer).toMatchObject({ status: 200, body: 'v1.0.0\n' });
  expect(answer.headers['accept-ranges']).toBe('none');
});

test('an empty file has no part', () => {
  expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
  expect(parseRange('bytes=-5', 0)).toBe('unsatisfiable');
});
