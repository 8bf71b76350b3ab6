/**
 * Several abort signals as one, for the time of a call. AbortSignal.any would do, but what it makes lives until the
 * collector finds it, and thousands of calls on a run's one signal weigh 80 MB.
 */
export async function withLinkedSignal<T>(
  signals: readonly AbortSignal[],
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const onAbort = () => controller.abort(signals.find((signal) => signal.aborted)?.reason);
  for (const signal of signals) signal.addEventListener('abort', onAbort);
  try {
    if (signals.some((signal) => signal.aborted)) onAbort();
    return await run(controller.signal);
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', onAbort);
  }
}
