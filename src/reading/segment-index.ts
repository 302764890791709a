/**
 * What one waiting segment holds, as far as it is proven: for each entry where it stands and what it is found by, and
 * sums for each task and type. Entries are only ever added, so "the first n" is a state of it that does not change.
 *
 * The places take about forty bytes an entry. They can be dropped, and made anew from the file; the sums stay.
 */
import type { Deletable, Deletion } from '../deletion.js';
import { compareIds, type IdHalves } from '../entry-id.js';
import { type Cut, decodeCut, decodeDelete } from '../segment/control-payload.js';
import { decodeNames, type EntryNames } from '../segment/entry-payload.js';
import { ENTRY, RECORD_TYPE } from '../segment/layout.js';
import type { SegmentRecord } from '../segment/record.js';

/** Of one task and type. */
export interface Sum {
  entries: number;
  /** UTF-8 bytes of the texts. */
  bytes: number;
  last: IdHalves;
  lastTimestamp: number;
}

export class SegmentIndex {
  /** Entries that are known. */
  entries = 0;
  first: IdHalves | undefined;
  last: IdHalves | undefined;
  readonly deletions: Deletion[] = [];
  readonly cuts: Cut[] = [];
  /** Undefined when they were dropped, which no segment's are that still grows. */
  places: Places | undefined = new Places();
  /** There are records of any kind. */
  hasRecords = false;
  readonly #sums = new Map<string, Map<string, Sum>>();
  readonly #ofType = new Map<string, number>();

  add(record: SegmentRecord): void {
    const { type, idHigh: high, idLow: low } = record;
    this.hasRecords = true;
    if (type === RECORD_TYPE.delete) {
      const deletion = decodeDelete(payloadOf(record));
      if (deletion !== undefined) this.deletions.push(deletion);
    }
    if (type === RECORD_TYPE.cut) {
      const cut = decodeCut(payloadOf(record));
      if (cut !== undefined) this.cuts.push(cut);
    }
    const names = this.places?.add(record);
    if (names === undefined) return;
    this.entries++;
    this.last = { high, low };
    this.first ??= this.last;
    this.#count(names, record.length - ENTRY.headerSize, this.last);
  }

  /** By type; undefined when it has nothing of the task. */
  sumsOf(taskId: string): ReadonlyMap<string, Sum> | undefined {
    return this.#sums.get(taskId);
  }

  /** How many entries it has of a type. */
  ofType(type: string): number {
    return this.#ofType.get(type) ?? 0;
  }

  get tasks(): ReadonlyMap<string, ReadonlyMap<string, Sum>> {
    return this.#sums;
  }

  #count({ taskId, type, timestamp }: EntryNames, bytes: number, id: IdHalves): void {
    this.#ofType.set(type, this.ofType(type) + 1);
    let types = this.#sums.get(taskId);
    if (types === undefined) {
      types = new Map();
      this.#sums.set(taskId, types);
    }
    const sum = types.get(type);
    if (sum === undefined) {
      types.set(type, { entries: 1, bytes, last: id, lastTimestamp: timestamp });
      return;
    }
    sum.entries++;
    sum.bytes += bytes;
    sum.last = id;
    sum.lastTimestamp = timestamp;
  }
}

/** In columns, one value for each entry, in the order of the file, which is that of the ids. */
export class Places {
  entries = 0;
  #room = 64;
  #high = new Uint32Array(this.#room);
  #low = new Uint32Array(this.#room);
  #offset = new Float64Array(this.#room);
  #length = new Uint32Array(this.#room);
  #timestamp = new Float64Array(this.#room);
  #task = new Uint32Array(this.#room);
  #type = new Uint32Array(this.#room);
  #agent = new Uint32Array(this.#room);
  readonly #names = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #ofTask = new Map<number, number[]>();

  /** Undefined when the record is no entry. */
  add(record: SegmentRecord): EntryNames | undefined {
    if (record.type !== RECORD_TYPE.entry) return undefined;
    const names = decodeNames(record.bytes, record.payloadStart, record.payloadEnd);
    if (names === undefined) return undefined;
    if (this.entries === this.#room) this.#grow();
    const n = this.entries++;
    this.#high[n] = record.idHigh;
    this.#low[n] = record.idLow;
    this.#offset[n] = record.offset;
    this.#length[n] = record.length;
    this.#timestamp[n] = names.timestamp;
    const task = this.#numberOf(names.taskId);
    this.#task[n] = task;
    this.#type[n] = this.#numberOf(names.type);
    this.#agent[n] = names.agent === undefined ? NONE : this.#numberOf(names.agent);
    const ofTask = this.#ofTask.get(task);
    if (ofTask === undefined) this.#ofTask.set(task, [n]);
    else ofTask.push(n);
    return names;
  }

  high(n: number): number {
    return this.#high[n]!;
  }

  low(n: number): number {
    return this.#low[n]!;
  }

  /** Where its record begins in the segment. */
  offset(n: number): number {
    return this.#offset[n]!;
  }

  /** Bytes of its record's payload. */
  length(n: number): number {
    return this.#length[n]!;
  }

  /** UTF-8 bytes of its texts. */
  bytes(n: number): number {
    return this.#length[n]! - ENTRY.headerSize;
  }

  timestamp(n: number): number {
    return this.#timestamp[n]!;
  }

  names(n: number): EntryNames {
    const agent = this.#agent[n]!;
    return {
      taskId: this.#texts[this.#task[n]!]!,
      type: this.#texts[this.#type[n]!]!,
      agent: agent === NONE ? undefined : this.#texts[agent],
      timestamp: this.timestamp(n),
    };
  }

  deletable(n: number): Deletable {
    return {
      idHigh: this.high(n),
      idLow: this.low(n),
      taskId: this.#texts[this.#task[n]!]!,
      timestamp: this.timestamp(n),
    };
  }

  /** The number that stands for a name here; undefined when no entry has it. */
  name(text: string): number | undefined {
    return this.#names.get(text);
  }

  hasType(n: number, names: ReadonlySet<number>): boolean {
    return names.has(this.#type[n]!);
  }

  hasAgent(n: number, name: number): boolean {
    return this.#agent[n] === name;
  }

  /** Which entries are of the task. */
  ofTask(taskId: string): readonly number[] {
    const name = this.#names.get(taskId);
    return name === undefined ? [] : (this.#ofTask.get(name) ?? []);
  }

  /** How many of the first `count` entries have ids below this one. */
  countBelow(id: IdHalves, count: number): number {
    let [from, to] = [0, count];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (compareIds({ high: this.#high[middle]!, low: this.#low[middle]! }, id) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #numberOf(text: string): number {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const name = this.#texts.push(text) - 1;
    this.#names.set(text, name);
    return name;
  }

  #grow(): void {
    this.#room *= 2;
    this.#high = grown(this.#high, new Uint32Array(this.#room));
    this.#low = grown(this.#low, new Uint32Array(this.#room));
    this.#offset = grown(this.#offset, new Float64Array(this.#room));
    this.#length = grown(this.#length, new Uint32Array(this.#room));
    this.#timestamp = grown(this.#timestamp, new Float64Array(this.#room));
    this.#task = grown(this.#task, new Uint32Array(this.#room));
    this.#type = grown(this.#type, new Uint32Array(this.#room));
    this.#agent = grown(this.#agent, new Uint32Array(this.#room));
  }
}

const NONE = 0xffff_ffff;

function grown<Column extends Uint32Array | Float64Array>(from: Column, to: Column): Column {
  to.set(from as never);
  return to;
}

function payloadOf({ bytes, payloadStart, payloadEnd }: SegmentRecord): Buffer {
  return bytes.subarray(payloadStart, payloadEnd);
}
