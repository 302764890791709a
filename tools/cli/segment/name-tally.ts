/** Counts by names that somebody else has chosen: as many as a segment usually has, and no more than memory has room for. */

const MOST_NAMES = 100_000;
const MOST_CHARACTERS = 16 * 1024 * 1024;

export interface Counted {
  readonly name: string;
  readonly entries: number;
  readonly bytes: number;
}

export class NameTally {
  readonly #counts = new Map<string, { entries: number; bytes: number }>();
  #characters = 0;
  #uncounted = 0;

  add(name: string, bytes: number): void {
    let count = this.#counts.get(name);
    if (count === undefined) {
      if (this.#counts.size >= MOST_NAMES || this.#characters + name.length > MOST_CHARACTERS) {
        this.#uncounted++;
        return;
      }
      count = { entries: 0, bytes: 0 };
      this.#counts.set(name, count);
      this.#characters += name.length;
    }
    count.entries++;
    count.bytes += bytes;
  }

  /** Entries of names for which there was no room. */
  get uncounted(): number {
    return this.#uncounted;
  }

  /** Those with the most entries first. */
  get counted(): Counted[] {
    return [...this.#counts]
      .map(([name, { entries, bytes }]) => ({ name, entries, bytes }))
      .sort((a, b) => b.entries - a.entries || (a.name < b.name ? -1 : 1));
  }
}
