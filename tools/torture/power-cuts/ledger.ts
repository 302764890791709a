/** What marks say must be found in a store, may be found, and may not, held against what is found. */
import type { StoredEntry } from '../../../src/index.js';
import { entryOf, numberIn, TASKS, taskOf, timeOf } from './entries.js';
import type { Mark, Which } from './marks.js';

interface Known {
  readonly number: number;
  readonly handle: string;
  /** Those of one call, which are there together or not at all. */
  readonly group: readonly number[];
  id: string | undefined;
  /** 'gone': deleted for good, or not there when all was read after the end of those who wrote. */
  fate: 'given' | 'there' | 'either' | 'gone';
  /** A delete was asked for that names it: from then on it need not be there with its group. */
  isNamed: boolean;
}

interface Delete {
  readonly handle: string;
  readonly isNamed: (number: number) => boolean;
  readonly seen: readonly number[];
}

/** What a copy must hold, if there is one. */
export interface Backup {
  /** As it was when the copy was begun. */
  readonly ledger: Ledger;
  isDone: boolean;
}

/** What is wrong with what a store gave back. */
export interface Problems {
  readonly lost: string[];
  readonly doubled: string[];
  /** Never given, given otherwise, deleted, or an impossible part of a group. */
  readonly invented: string[];
}

export class Ledger {
  readonly #known = new Map<number, Known>();
  /** By the ids that were acknowledged or read. */
  readonly #numbers = new Map<string, number>();
  /** Deletes under way: what they name and have seen, and what they may see yet. */
  readonly #deletes = new Map<number, Delete>();
  /** By their directories. */
  readonly backups = new Map<string, Backup>();
  /** Whether every segment that was ever written is in segments/ or archive/. */
  isArchiveWhole = true;

  get acknowledged(): number {
    return [...this.#known.values()].filter(({ fate }) => fate === 'there').length;
  }

  get ids(): Iterable<string> {
    return this.#numbers.keys();
  }

  copy(): Ledger {
    const copy = new Ledger();
    for (const [number, known] of this.#known) copy.#known.set(number, { ...known });
    for (const [id, number] of this.#numbers) copy.#numbers.set(id, number);
    copy.isArchiveWhole = this.isArchiveWhole;
    return copy;
  }

  learn(mark: Mark): void {
    switch (mark.kind) {
      case 'give':
        this.#give(mark.handle, mark.numbers);
        break;
      case 'acknowledged':
        for (const [i, number] of mark.numbers.entries()) this.#acknowledged(number, mark.ids[i]!);
        break;
      case 'delete':
        this.#delete(mark.request, mark.handle, mark.which);
        break;
      case 'deleted':
        for (const number of this.#deletes.get(mark.request)!.seen) this.#known.get(number)!.fate = 'gone';
        this.#deletes.delete(mark.request);
        break;
      case 'read':
        this.#read(mark.found);
        break;
      case 'back up':
        this.backups.set(mark.to, { ledger: this.copy(), isDone: false });
        break;
      case 'backed up':
        this.backups.get(mark.to)!.isDone = true;
        break;
      case 'evict':
        this.isArchiveWhole = false;
    }
  }

  /** `now`: the ledger of a later moment, for a copy that may hold what was given after it was begun. */
  check(found: readonly StoredEntry[], now: Ledger = this): Problems {
    const problems: Problems = { lost: [], doubled: [], invented: [] };
    const there = new Map<number, string>();
    let last = '';
    for (const entry of found) {
      if (entry.id <= last) problems.doubled.push(`${entry.id} comes after ${last}`);
      last = entry.id;
      const number = numberIn(entry.text);
      const known = number === undefined ? undefined : now.#known.get(number);
      if (number === undefined || known === undefined) {
        problems.invented.push(`never given: ${show(entry)}`);
        continue;
      }
      if (there.has(number)) problems.doubled.push(`${number} as ${there.get(number)} and ${entry.id}`);
      there.set(number, entry.id);
      if (known.id !== undefined && known.id !== entry.id)
        problems.invented.push(`${number} was acknowledged as ${known.id}, and is ${entry.id}`);
      if (!isSame(entry, number)) problems.invented.push(`${number} was given otherwise: ${show(entry)}`);
      if (this.#known.get(number)?.fate === 'gone')
        problems.invented.push(`${number} came back: ${entry.id}`);
    }
    for (const { number, fate, id, group } of this.#known.values()) {
      if (there.has(number)) {
        const missing = group.find((other) => !there.has(other) && !now.#known.get(other)!.isNamed);
        if (missing !== undefined)
          problems.invented.push(`${number} is there without ${missing} of its call`);
      } else if (fate === 'there') problems.lost.push(`${number}, acknowledged as ${id}`);
    }
    return problems;
  }

  #give(handle: string, numbers: readonly number[]): void {
    for (const number of numbers) {
      // Another handle's delete may see it before it has come to its end.
      const isNamed = [...this.#deletes.values()].some((one) => one.handle !== handle && one.isNamed(number));
      const fate = isNamed ? 'either' : 'given';
      this.#known.set(number, { number, handle, group: numbers, id: undefined, fate, isNamed });
    }
  }

  #acknowledged(number: number, id: string | null): void {
    const known = this.#known.get(number)!;
    if (id !== null) {
      if (this.#numbers.has(id)) throw new Error(`${id} was given to ${this.#numbers.get(id)} and ${number}`);
      this.#numbers.set(id, number);
      known.id = id;
    }
    if (known.fate === 'given') known.fate = 'there';
  }

  #delete(request: number, handle: string, which: Which): void {
    const isNamed = this.#namedBy(which);
    const seen: number[] = [];
    for (const known of this.#known.values()) {
      if (known.fate === 'gone' || !isNamed(known.number)) continue;
      known.isNamed = true;
      // A delete also names what its handle was given before; of the rest, what was not acknowledged may have been seen or not.
      const isSeen = known.fate === 'there' || ('taskId' in which && known.handle === handle);
      if (isSeen) seen.push(known.number);
      known.fate = 'either';
    }
    this.#deletes.set(request, { handle, isNamed, seen });
  }

  #namedBy(which: Which): (number: number) => boolean {
    if ('taskId' in which) return (number) => taskOf(number) === which.taskId;
    if ('before' in which) return (number) => timeOf(number) < which.before;
    const kept = this.#newest(which.keepPerTask);
    return (number) => !kept.has(number);
  }

  /** By their ids. Nothing may be on its way. */
  #newest(perTask: number): Set<number> {
    const newest = new Set<number>();
    for (let task = 0; task < TASKS; task++) {
      const there = [...this.#known.values()]
        .filter(({ number, fate }) => fate === 'there' && taskOf(number) === `task-${task}`)
        .sort((a, b) => (a.id! < b.id! ? 1 : -1));
      for (const { number } of there.slice(0, perTask)) newest.add(number);
    }
    return newest;
  }

  /** What nobody knew of is settled: whoever reads next finds the same. */
  #read(found: readonly (readonly [number: number, id: string])[]): void {
    const ids = new Map(found);
    this.#deletes.clear();
    for (const known of this.#known.values()) {
      const id = ids.get(known.number);
      if (id !== undefined) this.#numbers.set(id, known.number);
      known.id ??= id;
      known.fate = id === undefined ? 'gone' : 'there';
      // What is gone is no part of its call any more.
      known.isNamed = id === undefined;
    }
  }
}

function isSame(found: StoredEntry, number: number): boolean {
  const { taskId, type, text, agent, detail, timestamp } = givenAs(number);
  return (
    found.text === text &&
    found.taskId === taskId &&
    found.type === type &&
    found.agent === agent &&
    found.timestamp === timestamp &&
    JSON.stringify(found.detail) === JSON.stringify(detail)
  );
}

/** Made once, as each is compared thousands of times. */
const made = new Map<number, ReturnType<typeof entryOf>>();

function givenAs(number: number): ReturnType<typeof entryOf> {
  const known = made.get(number);
  if (known !== undefined) return known;
  const entry = entryOf(number);
  made.set(number, entry);
  return entry;
}

function show(entry: StoredEntry): string {
  const text = JSON.stringify(entry);
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}
