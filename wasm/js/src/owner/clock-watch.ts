/** How often is looked, in milliseconds. */
const EVERY_MS = 5_000;
/** How far apart the two clocks may run from one look to the next, in milliseconds. */
const APART_MS_MAX = 2_000;

/** Notices that the wall clock was set: it then runs apart from the clock that only counts. */
export class ClockWatch {
  readonly #onset: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #between = 0;

  constructor(onset: () => void) {
    this.#onset = onset;
  }

  /** Watches from now on. */
  start(): void {
    this.stop();
    this.#between = between();
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  /** Watches no longer. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = between();
    if (Math.abs(now - this.#between) > APART_MS_MAX) this.#onset();
    this.#between = now;
  }
}

function between(): number {
  return Date.now() - performance.now();
}
