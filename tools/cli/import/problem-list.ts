/** What could not be taken, as it is told: the first ones at once, all of them as a number. */
import { printable } from '../../../src/printable.js';
import { counted } from '../output/numbers.js';
import type { Problem } from './source.js';

const SHOWN = 20;
const KEPT = 1000;

export class ProblemList {
  count = 0;
  readonly #note: (text: string) => void;
  readonly #kept: Problem[] = [];

  constructor(note: (text: string) => void) {
    this.#note = note;
  }

  add(problem: Problem): void {
    this.count++;
    if (this.#kept.length < KEPT) this.#kept.push(problem);
    if (this.count <= SHOWN) this.#note(`agentlog: ${printable(`${problem.where}: ${problem.what}`)}`);
  }

  end(): void {
    const more = this.count - SHOWN;
    if (more > 0)
      this.#note(`agentlog: and ${counted(more, 'more', 'more')} (--json lists the first ${KEPT})`);
  }

  get result(): { readonly problemCount: number; readonly problems: readonly Problem[] } {
    return { problemCount: this.count, problems: this.#kept };
  }
}
