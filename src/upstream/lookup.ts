/**
 * Host names, looked up one at a time: all who ask for a name meanwhile share the answer. Sixteen connections that
 * open at once would otherwise ask sixteen times, and many a resolver drops such a burst, which costs five seconds.
 */
import type { LookupFunction } from 'node:net';

type Callback = Parameters<LookupFunction>[2];

/** `lookup` as for a socket, without its bursts. Nothing is remembered once it is answered. */
export function sharedLookup(lookup: LookupFunction): LookupFunction {
  const waiting = new Map<string, Callback[]>();
  return (hostname, options, callback) => {
    const key = `${hostname} ${JSON.stringify(options)}`;
    const others = waiting.get(key);
    if (others !== undefined) {
      others.push(callback);
      return;
    }
    const callbacks = [callback];
    waiting.set(key, callbacks);
    lookup(hostname, options, (error, address, family) => {
      waiting.delete(key);
      for (const answer of callbacks) answer(error, address, family);
    });
  };
}
