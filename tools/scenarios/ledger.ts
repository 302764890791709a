/** What writers were told, kept outside of every store, and held against what is found there in the end. */
import { placeOf, textOf } from './pieces.js';

/** As it was found. Ids are those that were acknowledged; several pieces may share one, if the store has it so. */
export interface Found {
  readonly id: string;
  readonly text: string;
}

export interface Differences {
  /** Acknowledged, and not there under the id that was given. */
  readonly lost: number;
  readonly doubled: number;
  /** Nobody gave it, or not so. */
  readonly invented: number;
  /** Refused with an error, and there all the same. */
  readonly refusedThere: number;
}

interface Writer {
  readonly ids: Map<number, string>;
  readonly refused: Set<number>;
}

export class Ledger {
  readonly #longest: number;
  readonly #names = new Set<string>();
  readonly #writers = new Map<string, Writer>();
  acknowledged = 0;

  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Writers call themselves NAME or NAME/..., the name being one that was admitted. */
  admit(name: string): void {
    this.#names.add(name);
  }

  acknowledge(by: string, n: number, id: string): void {
    this.acknowledged++;
    this.#writer(by).ids.set(n, id);
  }

  refuse(by: string, n: number): void {
    this.#writer(by).refused.add(n);
  }

  compare(found: Iterable<Found>): Differences {
    /** By writer and place: whether it was there under the id that was given. */
    const there = new Map<string, Map<number, boolean>>();
    let [doubled, invented] = [0, 0];
    for (const { id, text } of found) {
      const { by, n } = placeOf(text);
      const seen = there.get(by) ?? new Map<number, boolean>();
      there.set(by, seen);
      if (!this.#canHaveGiven(by, n, text)) invented++;
      else {
        if (seen.has(n)) doubled++;
        // Whichever of several comes first.
        seen.set(n, seen.get(n) || this.#writers.get(by)?.ids.get(n) === id);
      }
    }
    let [kept, refusedThere] = [0, 0];
    for (const [by, seen] of there)
      for (const [n, isAsGiven] of seen) {
        const writer = this.#writers.get(by);
        if (isAsGiven) kept++;
        else if (writer?.ids.has(n)) invented++;
        else if (writer?.refused.has(n)) refusedThere++;
      }
    return { lost: this.acknowledged - kept, doubled, invented, refusedThere };
  }

  /** One answer was on its way at most when a writer was killed. */
  #canHaveGiven(by: string, n: number, text: string): boolean {
    const writer = this.#writers.get(by);
    const answered = writer === undefined ? 0 : writer.ids.size + writer.refused.size;
    const isKnown = this.#names.has(by.split('/', 1)[0]!);
    return isKnown && n >= 0 && n <= answered && text === textOf(by, n, this.#longest);
  }

  #writer(by: string): Writer {
    const writer = this.#writers.get(by) ?? { ids: new Map(), refused: new Set() };
    this.#writers.set(by, writer);
    return writer;
  }
}
