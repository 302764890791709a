/** When things happened, in a bounded number of spans of one length, although nobody knows before when the last one will be. */

const MOST_SPANS = 60;

export class Timeline {
  /** By the number of the span. */
  #spans = new Map<number, number>();
  #length = 1;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  add(time: number): void {
    this.#first = Math.min(this.#first, time);
    this.#last = Math.max(this.#last, time);
    while (this.#spanOf(this.#last) - this.#spanOf(this.#first) >= MOST_SPANS) this.#double();
    const span = this.#spanOf(time);
    this.#spans.set(span, (this.#spans.get(span) ?? 0) + 1);
  }

  /** Null when nothing happened. */
  get result(): { readonly from: number; readonly to: number; readonly entries: number[] } | null {
    if (this.#spans.size === 0) return null;
    const from = this.#spanOf(this.#first);
    const spans = this.#spanOf(this.#last) - from + 1;
    const entries = Array.from({ length: spans }, (_, i) => this.#spans.get(from + i) ?? 0);
    return { from: this.#first, to: this.#last, entries };
  }

  #spanOf(time: number): number {
    return Math.floor(time / this.#length);
  }

  #double(): void {
    this.#length *= 2;
    const merged = new Map<number, number>();
    for (const [span, count] of this.#spans) {
      const into = Math.floor(span / 2);
      merged.set(into, (merged.get(into) ?? 0) + count);
    }
    this.#spans = merged;
  }
}
