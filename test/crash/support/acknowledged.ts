/** What appenders were told is on disk, to hold it against what the store gives back. */
import { type Acknowledgement, textOf } from './appender.js';

export interface Found {
  readonly id: string;
  readonly text: string;
  /** The appender. */
  readonly taskId: string;
  /** What its call gave: entries from the `group`th on, `of` so many. */
  readonly detail: { readonly group: number; readonly of: number };
}

/** Ids by the names of their entries: `APPENDER/N`. */
type Ids = Map<string, string | undefined>;

export class Acknowledged {
  readonly #ids: Ids = new Map();
  readonly #counts = new Map<string, number>();
  /** All that was ever read, which must never be gone again. */
  #seen: Ids = new Map();

  get size(): number {
    return this.#ids.size;
  }

  get appenders(): string[] {
    return [...this.#counts.keys()];
  }

  /** What one appender was told. */
  sizeOf(appender: string): number {
    return this.#counts.get(appender) ?? 0;
  }

  /** Ids, and the names of their entries: `APPENDER/N`. */
  get named(): [id: string, name: string][] {
    return [...this.#ids].flatMap(([name, id]) => (id === undefined ? [] : [[id, name]]));
  }

  /** `flush` acknowledges without ids. */
  hear(appender: string, { n, count, ids }: Acknowledgement): void {
    if (ids !== undefined && ids.length !== count) throw new Error(`${ids.length} ids for ${count} entries`);
    this.#counts.set(appender, this.sizeOf(appender) + count);
    for (let i = 0; i < count; i++) this.#ids.set(`${appender}/${n + i}`, ids?.[i]);
  }

  /** Throws unless all that is known when it begins is there once and in order, and nothing else but whole groups. */
  async check(log: { scan(): AsyncIterable<unknown> }): Promise<Found[]> {
    const before = new Map(this.#ids);
    const found: Found[] = [];
    for await (const entry of log.scan()) found.push(entry as Found);
    return this.#hold(before, found);
  }

  /**
   * As `check`, of what is read otherwise, maybe in several pieces, between which parts of groups may come. What has ids
   * below `from` of what was found need not be there.
   */
  async checkRead(read: () => Promise<Found[]>, from = (_found: Found[]) => ''): Promise<Found[]> {
    const before = new Map(this.#ids);
    const found = await read();
    const ids = checkEntries(found);
    for (const expected of [before, this.#seen]) checkThere(expected, ids, from(found));
    return found;
  }

  /** As `check`, of entries that were read in another way, when nobody wrote. */
  checkRows(found: Found[]): void {
    this.#hold(this.#ids, found);
  }

  #hold(before: Ids, found: Found[]): Found[] {
    const ids = checkEntries(found);
    checkGroups(found);
    for (const expected of [before, this.#seen]) checkThere(expected, ids);
    this.#seen = ids;
    return found;
  }
}

/** Ids grow, also from one entry of an appender to its next; every text is one that it gave, and is there once. */
function checkEntries(found: readonly Found[]): Ids {
  const ids: Ids = new Map();
  const lastOf = new Map<string, number>();
  let last = '';
  for (const { id, text, taskId } of found) {
    if (id <= last) throw new Error(`${id} comes after ${last}`);
    last = id;
    const n = Number(text.slice(taskId.length + 1, text.indexOf(' ', taskId.length + 1)));
    if (text !== textOf(taskId, n)) throw new Error(`was never given: ${text}`);
    if (n <= (lastOf.get(taskId) ?? -1)) throw new Error(`is there twice, or not in its order: ${text}`);
    lastOf.set(taskId, n);
    ids.set(`${taskId}/${n}`, id);
  }
  return ids;
}

/** All that is expected, or of what has an id only that from `from` on. */
function checkThere(expected: Ids, ids: Ids, from = ''): void {
  for (const [name, id] of expected) {
    if (from !== '' && (id === undefined || id < from)) continue;
    if (!ids.has(name)) throw new Error(`${name} was acknowledged, or read before, and is lost`);
    if (id !== undefined && ids.get(name) !== id) throw new Error(`${name} has another id than before`);
  }
}

function checkGroups(found: readonly Found[]): void {
  const left = new Map<string, number>();
  for (const { taskId, detail } of found) {
    const group = `${taskId}/${detail.group}`;
    left.set(group, (left.get(group) ?? detail.of) - 1);
  }
  for (const [group, count] of left)
    if (count !== 0) throw new Error(`${count} entries of group ${group} are missing`);
}
