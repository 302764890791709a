/** Makes entries of rows and lines: all that is there goes into one, in its field or beside the others in `detail`. */
import type { Entry, JsonValue } from '../../../src/entry.js';
import { printableName } from '../../../src/printable.js';
import { textOfParts } from './crush-parts.js';
import type { EntryField, Mapping } from './mapping.js';
import { MARKS_TASK } from './marks.js';
import { isWithoutZone, timeOf } from './time-value.js';

/** Why something cannot become an entry. */
export class Refusal extends Error {}

type Fields = Readonly<Record<string, unknown>>;

export interface MakerOptions {
  /** Of a value that is put into `detail`. */
  readonly jsonOf: (value: unknown) => JsonValue;
  /** The task of those that name none. */
  readonly taskId?: string | undefined;
  /** Columns that hold nothing say nothing; in a line, to be there is something. */
  readonly omitsNull: boolean;
}

export class EntryMaker {
  readonly #mapping: Mapping;
  readonly #options: MakerOptions;

  constructor(mapping: Mapping, options: MakerOptions) {
    this.#mapping = mapping;
    this.#options = options;
  }

  /** Throws a `Refusal`. */
  make(given: Fields): Entry {
    const used = new Set<string>();
    const entry: Entry = {
      taskId: this.#name(given, 'taskId', used) ?? this.#options.taskId ?? this.#absent('taskId'),
      timestamp: this.#time(given, used),
      type: this.#name(given, 'type', used) ?? this.#usualType(),
      text: this.#text(given, used),
    };
    if (entry.taskId === MARKS_TASK) throw new Refusal('its task is where imports keep how far they are');
    const agent = this.#name(given, 'agent', used);
    if (agent !== undefined) entry.agent = agent;
    const detail = this.#detail(given, used);
    if (detail !== undefined) entry.detail = detail;
    return entry;
  }

  #nameOf(field: EntryField): string {
    return this.#mapping.fields[field] ?? field;
  }

  /** Undefined when it holds nothing. */
  #name(given: Fields, field: EntryField, used: Set<string>): string | undefined {
    const name = this.#nameOf(field);
    const value = given[name];
    if (value === undefined || value === null) return undefined;
    used.add(name);
    if (typeof value === 'string') return value;
    if (typeof value === 'bigint' || typeof value === 'number') return String(value);
    throw new Refusal(`${printableName(name)} is neither a text nor a number`);
  }

  #usualType(): string {
    const isFree = this.#mapping.fields.type === undefined && this.#mapping.form === 'open';
    return isFree ? 'text' : this.#absent('type');
  }

  /** Says where it was looked for, as the mapping may be what is wrong. */
  #absent(field: EntryField): never {
    const name = this.#nameOf(field);
    throw new Refusal(
      `it has no ${printableName(name)}${name === field ? '' : `, which is to be its ${field}`}`,
    );
  }

  #time(given: Fields, used: Set<string>): number {
    const name = this.#nameOf('timestamp');
    const value = given[name];
    const time = timeOf(value, this.#mapping.zone);
    if (time === undefined) {
      if (value === undefined || value === null) return this.#absent('timestamp');
      if (typeof value === 'object')
        throw new Refusal(`${printableName(name)} is neither a text nor a number`);
      const hint = isWithoutZone(value) ? '; it says no zone, and --zone utc or --zone local would' : '';
      throw new Refusal(`${printableName(name)} is no time: ${printableName(String(value))}${hint}`);
    }
    // Otherwise what there is besides is kept as it was.
    if (time.isExact) used.add(name);
    return time.milliseconds;
  }

  #text(given: Fields, used: Set<string>): string {
    const name = this.#nameOf('text');
    const value = given[name];
    if (value === undefined) return this.#absent('text');
    if (value === null) return '';
    if (this.#mapping.hasParts) {
      const text = textOfParts(value);
      if (text !== undefined) return text;
    }
    used.add(name);
    if (typeof value === 'string') return value;
    const json = this.#options.jsonOf(value);
    return typeof json === 'string' ? json : spelt(json);
  }

  #detail(given: Fields, used: ReadonlySet<string>): JsonValue | undefined {
    const { form } = this.#mapping;
    const { jsonOf, omitsNull } = this.#options;
    const name = this.#nameOf('detail');
    const others: Record<string, JsonValue> = {};
    let hasOthers = false;
    for (const other of Object.keys(given)) {
      const value = given[other];
      if (used.has(other) || other === name || value === undefined) continue;
      if (value === null && omitsNull && other !== this.#nameOf('text')) continue;
      // A plain assignment of this name would change what the object is.
      if (other === '__proto__') Object.defineProperty(others, other, { value: jsonOf(value), ...PLAIN });
      else others[other] = jsonOf(value);
      hasOthers = true;
    }
    const given_ = given[name] ?? undefined;
    if (form === 'fusion') return fusionDetail(given_, hasOthers ? others : undefined);
    if (given_ === undefined) return hasOthers ? others : undefined;
    if (!hasOthers) return jsonOf(given_);
    return { [name]: jsonOf(given_), ...others };
  }
}

const PLAIN = { enumerable: true, configurable: true, writable: true };

/** As `agentlog/fusion` keeps it, and gives it back. */
function fusionDetail(detail: unknown, timing: Record<string, JsonValue> | undefined): JsonValue | undefined {
  if (detail !== undefined && typeof detail !== 'string') throw new Refusal('detail is no text');
  if (timing === undefined) return detail;
  return detail === undefined ? { timing } : { detail, timing };
}

/** As JSON. Throws a `Refusal`. */
export function spelt(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // Of the stack: what is parsed without one is not spelt so.
    if (error instanceof RangeError) throw new Refusal('it is nested too deep');
    throw error;
  }
}
