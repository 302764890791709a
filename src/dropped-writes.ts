/** Counts what a call that cannot fail had to drop, and says so at most once a second. */

const PAUSE_MS = 1000;

export class DroppedWrites {
  readonly #call: string;
  readonly #report: (message: string, cause: unknown) => void;
  #total = 0;
  #unreported = 0;
  #lastCause: unknown;
  #timer: NodeJS.Timeout | undefined;

  /** `call` is what messages name. */
  constructor(call: string, report: (message: string, cause: unknown) => void) {
    this.#call = call;
    this.#report = report;
  }

  get total(): number {
    return this.#total;
  }

  note(cause: unknown): void {
    this.#total++;
    this.#unreported++;
    this.#lastCause = cause;
    if (this.#timer === undefined) this.#reportNow();
  }

  /** Reports what has not been reported yet. What is dropped afterwards is reported like the first. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#unreported > 0) this.#reportNow();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #reportNow(): void {
    const count = this.#unreported;
    const cause = this.#lastCause;
    this.#unreported = 0;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#unreported > 0) this.#reportNow();
    }, PAUSE_MS);
    this.#timer.unref();
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#report(`${this.#call}() dropped ${count} ${count === 1 ? 'entry' : 'entries'}: ${why}`, cause);
  }
}
