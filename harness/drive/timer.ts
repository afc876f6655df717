/**
 * Calls `expire` once after so many milliseconds, unless the returned function is called before. What had arrived by
 * then is delivered first: if this process itself was stalled, an answer that lies in a pipe still counts as in time.
 */
export function startTimer(limitMs: number, expire: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    // Timers run before a turn's reading; an immediate runs after it.
    immediate = setImmediate(expire);
  }, limitMs);
  return () => {
    clearTimeout(timer);
    if (immediate !== undefined) clearImmediate(immediate);
  };
}

/** Whether the promise is fulfilled within so many milliseconds. It must not be rejected. */
export function isWithin(promise: Promise<unknown>, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = startTimer(limitMs, () => resolve(false));
    void promise.then(() => {
      cancel();
      resolve(true);
    });
  });
}
