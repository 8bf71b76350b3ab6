import { expect, it } from 'vitest';
import { giveMemoryBack } from '../../src/daemon/memory.ts';

it('collects what nobody holds any more', () => {
  const gone = new WeakRef(makeGarbage());
  // A reference that was read in this turn of the event loop is kept until its end.
  return new Promise<void>((resolve) => {
    setImmediate(() => {
      giveMemoryBack();
      expect(gone.deref()).toBeUndefined();
      resolve();
    });
  });
});

function makeGarbage(): object {
  return { text: 'x'.repeat(1000) };
}
