/** What a test knows of the entries it gave to a store, to hold it against what the store gives back. */

interface Known {
  id: string | undefined;
  /** The store said that it is on disk. */
  acknowledged: boolean;
  /** A reader was shown it. */
  seen: boolean;
  /** The store said that it is not, and has cut off since where it might have been. */
  absent: boolean;
  /** The entries of one call: all of them or none. */
  readonly group: number;
}

/** The entries of one call, and what to call when it was answered. */
export interface Given {
  readonly texts: readonly string[];
  readonly done: (ids: readonly string[]) => void;
  readonly failed: () => void;
}

export class Ledger {
  readonly #known = new Map<string, Known>();
  readonly #rejected = new Map<string, string[]>();
  #groups = 0;

  /** Texts for the entries of one call of a writer. */
  give(count: number, writer: string): Given {
    const group = this.#groups++;
    const rejectedBefore = [...(this.#rejected.get(writer) ?? [])];
    const first = this.#known.size;
    const texts = Array.from(
      { length: count },
      (_, i) => `entry ${first + i} ${'.'.repeat((first + i) % 90)}`,
    );
    for (const text of texts) {
      this.#known.set(text, { id: undefined, acknowledged: false, seen: false, absent: false, group });
    }
    const done = (ids: readonly string[]) => {
      if (ids.length !== count) throw new Error(`${ids.length} ids for ${count} entries`);
      texts.forEach((text, i) => {
        Object.assign(this.#known.get(text)!, { id: ids[i], acknowledged: true });
      });
      // This went to another segment than what failed before it was given, behind a cut of that.
      for (const text of rejectedBefore) this.#known.get(text)!.absent = true;
    };
    const failed = () => {
      this.#rejected.set(writer, [...(this.#rejected.get(writer) ?? []), ...texts]);
    };
    return { texts, done, failed };
  }

  get acknowledged(): Map<string, string> {
    const known = [...this.#known].filter(([, { acknowledged }]) => acknowledged);
    return new Map(known.map(([text, { id }]) => [text, id!]));
  }

  get size(): number {
    return this.#known.size;
  }

  /**
   * Throws unless `found` (ids and texts, in the order in which they were read) has all that was acknowledged, also
   * `before` the reading began if that is given, nothing that was never given, nothing twice and no group in part.
   */
  check(found: readonly (readonly [id: string, text: string])[], before = this.acknowledged): void {
    const ids = new Map<string, string>();
    let last = '';
    for (const [id, text] of found) {
      if (id <= last) throw new Error(`${id} comes after ${last}`);
      last = id;
      if (ids.has(text)) throw new Error(`"${text}" is there twice`);
      ids.set(text, id);
      const known = this.#known.get(text);
      if (known === undefined) throw new Error(`"${text}" was never given`);
      if (known.absent) throw new Error(`"${text}" was rejected and cut off, and is there`);
      if (known.id !== undefined && known.id !== id) throw new Error(`"${text}" has two ids`);
    }
    for (const [text, id] of before) {
      if (ids.get(text) !== id) throw new Error(`"${text}" was acknowledged and is lost`);
    }
    const groups = new Map<number, boolean>();
    for (const [text, { group }] of this.#known) {
      if (ids.has(text) !== (groups.get(group) ?? ids.has(text))) throw new Error('a group is there in part');
      groups.set(group, ids.has(text));
    }
  }

  /** Throws unless everything is there that a reader was shown before; what is there now counts as shown. */
  checkSeen(found: readonly (readonly [id: string, text: string])[]): void {
    const texts = new Set(found.map(([, text]) => text));
    for (const [text, known] of this.#known) {
      if (known.seen && !texts.has(text)) throw new Error(`"${text}" was read before and is gone`);
      known.seen = texts.has(text);
    }
  }
}
