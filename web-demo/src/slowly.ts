/** `ask`, begun at most once in `everyMs`: for answers that cost more than the newest of them is worth. */
export function slowly<T>(ask: () => Promise<T>, everyMs: number): () => Promise<T> {
  let last = Number.NEGATIVE_INFINITY;
  return async () => {
    const wait = last + everyMs - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    last = performance.now();
    return ask();
  };
}
