/** Says how far the demo is: a bar that moves on a terminal, a plain line now and then elsewhere. */

const WIDTH = 24;

export class Progress {
  readonly #out: NodeJS.WriteStream;
  #lastTenth = -1;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /** `done` goes from 0 to 1. */
  show(done: number, what: string): void {
    if (this.#out.isTTY) {
      const filled = Math.round(WIDTH * Math.min(1, done));
      const line = `[${'#'.repeat(filled)}${'.'.repeat(WIDTH - filled)}] ${what}`;
      this.#out.write(`\r${line.slice(0, (this.#out.columns ?? 80) - 1)}\x1b[K`);
      return;
    }
    const quarter = Math.floor(done * 4);
    if (quarter === this.#lastTenth) return;
    this.#lastTenth = quarter;
    this.#out.write(`${what}\n`);
  }

  /** A line of its own, above the bar. */
  say(line: string): void {
    this.#out.write(this.#out.isTTY ? `\r\x1b[K${line}\n` : `${line}\n`);
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write('\r\x1b[K');
  }
}
