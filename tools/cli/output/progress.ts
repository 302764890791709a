/** How far something is that takes its time: a line on stderr that is written over, on a terminal only. */
import type { Output } from './output.js';
import { cut } from './text.js';

const EVERY_MS = 100;
const BAR_COLUMNS = 20;

export class Progress {
  readonly #output: Output;
  readonly #begun = performance.now();
  #shownAt = Number.NEGATIVE_INFINITY;
  #isShown = false;

  constructor(output: Output) {
    this.#output = output;
  }

  /** `part` of 1; undefined when nobody knows. */
  show(part: number | undefined, what: string): void {
    const { errors } = this.#output;
    const now = performance.now();
    // What is done at once needs none.
    if (errors.isTTY !== true || now - this.#begun < EVERY_MS || now - this.#shownAt < EVERY_MS) return;
    this.#shownAt = now;
    this.#isShown = true;
    const columns = (errors.columns ?? 80) - 1;
    const line = part === undefined ? what : `${barAndPercent(part)}  ${what}`;
    errors.write(`\r\u001b[K${cut(line, columns)}`);
  }

  /** The line is gone. */
  end(): void {
    if (this.#isShown) this.#output.errors.write('\r\u001b[K');
    this.#isShown = false;
  }
}

/** There may be more than there was when it began. */
function barAndPercent(part: number): string {
  const done = Math.min(1, Math.max(0, part));
  const full = Math.round(done * BAR_COLUMNS);
  const percent = String(Math.floor(100 * done)).padStart(3);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_COLUMNS - full)} ${percent}%`;
}
