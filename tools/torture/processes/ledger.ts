/** What processes were told of the entries they gave to a store, to hold it against what the store gives back. */
import type { StoredEntry } from '../../../src/index.js';
import type { Call } from './entries.js';
import { checkCalls, checkEntries } from './found.js';

/** What a process says of its calls: before each one, and after it. */
export type Told =
  | { readonly given: Call }
  /** `flush` acknowledges without ids. */
  | { readonly acknowledged: Call; readonly ids?: readonly string[] }
  | { readonly rejected: Call; readonly code: string }
  | { readonly deleting: string }
  | { readonly deleted: string };

interface Known {
  id: string | undefined;
  /** 'absent': it was rejected, and its handle has acknowledged since what it was given later; or it was deleted. */
  fate: 'given' | 'acknowledged' | 'rejected' | 'absent';
  /** A delete of it has begun, and is over when all of them are absent. */
  deletion?: Deletion;
  /** A reader was given it. */
  isSeen: boolean;
  /** Rejected entries of its handle, when it was given. */
  readonly rejectedBefore: number;
}

/** All of its acknowledged entries are there, or none. */
interface Deletion {
  readonly of: readonly string[];
}

/** Tasks are named HANDLE/..., HANDLE being whoever writes them. */
function handleOf(task: string): string {
  return task.slice(0, task.indexOf('/'));
}

const nameOf = (task: string, n: number) => `${task}/${n}`;

export class Ledger {
  readonly #known = new Map<string, Known>();
  readonly #namesOf = new Map<string, string[]>();
  readonly #rejected = new Map<string, Known[]>();
  readonly #deletions = new Map<string, Deletion>();
  /** How many were acknowledged. */
  acknowledged = 0;
  /** Whether a call was rejected, with which codes. */
  readonly codes = new Set<string>();

  hear(told: Told): void {
    if ('given' in told) this.#give(told.given);
    else if ('acknowledged' in told) this.#acknowledge(told.acknowledged, told.ids);
    else if ('rejected' in told) this.#reject(told.rejected, told.code);
    else if ('deleting' in told) this.#beginDeletion(told.deleting);
    else for (const name of this.#deletions.get(told.deleted)!.of) this.#known.get(name)!.fate = 'absent';
  }

  /** Throws unless the entries, read when nobody wrote, are what they must be. */
  check(entries: readonly StoredEntry[]): void {
    const found = checkEntries(entries);
    checkCalls(found);
    const there = new Set<string>();
    for (const { call, n, id } of found) {
      const name = nameOf(call.task, n);
      there.add(name);
      const known = this.#known.get(name);
      if (known === undefined) throw new Error(`${name} was never given`);
      if (known.fate === 'absent')
        throw new Error(`${name} was rejected and cut off, or deleted, and is there`);
      if (known.id !== undefined && known.id !== id) throw new Error(`${name} has another id than before`);
      known.id = id;
    }
    for (const [name, known] of this.#known) {
      const isExpected = known.fate !== 'absent' && (known.fate === 'acknowledged' || known.isSeen);
      if (isExpected && known.deletion === undefined && !there.has(name))
        throw new Error(`${name} was acknowledged, or read before, and is lost`);
      known.isSeen ||= there.has(name);
    }
    for (const [task, { of }] of this.#deletions) {
      const left = of.filter((name) => there.has(name)).length;
      if (left !== 0 && left !== of.length) throw new Error(`${task} was deleted in part`);
    }
  }

  #give({ task, first, count }: Call): void {
    const rejectedBefore = this.#rejected.get(handleOf(task))?.length ?? 0;
    const names = this.#namesOf.get(task) ?? [];
    this.#namesOf.set(task, names);
    for (let n = first; n < first + count; n++) {
      names.push(nameOf(task, n));
      this.#known.set(nameOf(task, n), { id: undefined, fate: 'given', isSeen: false, rejectedBefore });
    }
  }

  #acknowledge({ task, first, count }: Call, ids: readonly string[] | undefined): void {
    if (ids !== undefined && ids.length !== count) throw new Error(`${ids.length} ids for ${count} entries`);
    this.acknowledged += count;
    for (let i = 0; i < count; i++) {
      const known = this.#known.get(nameOf(task, first + i))!;
      known.fate = 'acknowledged';
      known.id = ids?.[i];
      // It went to another segment than what failed before it was given, behind a cut of that.
      const rejected = this.#rejected.get(handleOf(task)) ?? [];
      for (const earlier of rejected.slice(0, known.rejectedBefore)) earlier.fate = 'absent';
    }
  }

  #reject({ task, first, count }: Call, code: string): void {
    this.codes.add(code);
    const rejected = this.#rejected.get(handleOf(task)) ?? [];
    this.#rejected.set(handleOf(task), rejected);
    for (let n = first; n < first + count; n++) {
      const known = this.#known.get(nameOf(task, n))!;
      known.fate = 'rejected';
      rejected.push(known);
    }
  }

  #beginDeletion(task: string): void {
    const names = this.#namesOf.get(task) ?? [];
    const of = names.filter((name) => this.#known.get(name)!.fate === 'acknowledged');
    const deletion = { of };
    for (const name of names) this.#known.get(name)!.deletion = deletion;
    this.#deletions.set(task, deletion);
  }
}
