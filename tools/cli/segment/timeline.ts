/** When things happened, in a bounded number of spans of one length, although nobody knows before when the last one will be. */

const MOST_SPANS = 60;

interface Span {
  entries: number;
}

export class Timeline {
  /** By the number of the span. */
  #spans = new Map<number, Span>();
  #length = 1;
  /** What comes one after the other is of the same span, mostly. */
  #latest = Number.NaN;
  #latestSpan: Span = { entries: 0 };
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  add(time: number): void {
    this.#first = Math.min(this.#first, time);
    this.#last = Math.max(this.#last, time);
    while (this.#spanOf(this.#last) - this.#spanOf(this.#first) >= MOST_SPANS) this.#double();
    const number = this.#spanOf(time);
    if (number !== this.#latest) {
      this.#latest = number;
      this.#latestSpan = this.#span(number);
    }
    this.#latestSpan.entries++;
  }

  /** Null when nothing happened. */
  get result(): { readonly from: number; readonly to: number; readonly entries: number[] } | null {
    if (this.#spans.size === 0) return null;
    const from = this.#spanOf(this.#first);
    const spans = this.#spanOf(this.#last) - from + 1;
    const entries = Array.from({ length: spans }, (_, i) => this.#spans.get(from + i)?.entries ?? 0);
    return { from: this.#first, to: this.#last, entries };
  }

  #spanOf(time: number): number {
    return Math.floor(time / this.#length);
  }

  #span(number: number): Span {
    let span = this.#spans.get(number);
    if (span === undefined) {
      span = { entries: 0 };
      this.#spans.set(number, span);
    }
    return span;
  }

  #double(): void {
    const halves = this.#spans;
    this.#length *= 2;
    this.#latest = Number.NaN;
    this.#spans = new Map();
    for (const [number, { entries }] of halves) this.#span(Math.floor(number / 2)).entries += entries;
  }
}
