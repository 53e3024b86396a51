/** Waits, unless it is told to stop: then it resolves at once. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
  });
}

/** Waits that double with each, up to a longest one; of each between a half and the whole, by chance. */
export class Backoff {
  readonly #first: number;
  readonly #longest: number;
  #next: number;

  constructor(first: number, longest: number) {
    this.#first = first;
    this.#longest = longest;
    this.#next = first;
  }

  /** How long to wait now, in milliseconds. */
  next(): number {
    const wait = this.#next / 2 + (Math.random() * this.#next) / 2;
    this.#next = Math.min(this.#next * 2, this.#longest);
    return wait;
  }

  /** It went well. */
  reset(): void {
    this.#next = this.#first;
  }
}

/** Lets whatever else waits for this worker go first. Without the 4 ms that nested timers cost. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
