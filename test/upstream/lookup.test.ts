import type { LookupFunction } from 'node:net';
import { expect, it } from 'vitest';
import { sharedLookup } from '../../src/upstream/lookup.ts';

type Callback = Parameters<LookupFunction>[2];

function recorded() {
  const asked: { hostname: string; answer: Callback }[] = [];
  const answers: unknown[][] = [];
  const lookup = sharedLookup((hostname, _, answer) => void asked.push({ hostname, answer }));
  const ask = (hostname: string, options = {}) =>
    lookup(hostname, options, (...answer) => void answers.push(answer));
  return { asked, answers, ask };
}

it('who asks for a name that is being looked up shares the answer', () => {
  const { asked, answers, ask } = recorded();
  for (let count = 0; count < 16; count++) ask('proxy.example', { all: true });
  expect(asked).toHaveLength(1);
  asked[0]?.answer(null, '192.0.2.1', 4);
  expect(answers).toEqual(Array.from({ length: 16 }, () => [null, '192.0.2.1', 4]));
});

it('an error is shared, and the name looked up again by the next who asks', () => {
  const { asked, answers, ask } = recorded();
  ask('proxy.example');
  const error = Object.assign(new Error('try again'), { code: 'EAI_AGAIN' });
  asked[0]?.answer(error, '', 0);
  ask('proxy.example');
  expect(answers).toEqual([[error, '', 0]]);
  expect(asked).toHaveLength(2);
});

it('other names and other options are looked up for themselves', () => {
  const { asked, ask } = recorded();
  ask('one.example');
  ask('two.example');
  ask('two.example', { family: 6 });
  expect(asked.map(({ hostname }) => hostname)).toEqual(['one.example', 'two.example', 'two.example']);
});
