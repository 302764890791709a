/** From a line of pino's to an entry of the log: every field is kept, as one of the entry's own or in its detail. */
import { checkEntry, type Entry, type JsonValue } from '../../entry.js';
import type { HostConfig } from './host-config.js';

/** Seconds are below it until the year 5138, milliseconds above it since 1973. */
const LEAST_MILLISECONDS = 1e11;
/** Seconds are above it since 1973. What is below is no time of a clock, but how long something took, say. */
const LEAST_SECONDS = 1e8;

export interface LineFormOptions {
  readonly taskId: string;
  readonly taskField: string;
  readonly maxEntryBytes: number;
  readonly config: Pick<HostConfig, 'messageKey' | 'labelOf'>;
}

export class LineForm {
  readonly #options: LineFormOptions;

  constructor(options: LineFormOptions) {
    this.#options = options;
  }

  entryOf(line: string): Entry {
    const fields = objectIn(line);
    if (fields === undefined) return this.#textOf(line);
    const { taskId, taskField, config } = this.#options;
    /** The field leaves the detail only when it is what it should be. */
    const take = <T>(name: string, read: (value: JsonValue) => T | undefined): T | undefined => {
      const value = Object.hasOwn(fields, name) ? read(fields[name]!) : undefined;
      if (value !== undefined) delete fields[name];
      return value;
    };
    const time = timeOf(fields.time);
    if (time?.isAll) delete fields.time;
    const entry: Entry = {
      timestamp: time?.milliseconds ?? Date.now(),
      type:
        take('level', (level) => (typeof level === 'number' ? config.labelOf(level) : asString(level))) ??
        'text',
      text: take(config.messageKey, asString) ?? '',
      taskId: take(taskField, (id) => (typeof id === 'number' ? String(id) : asString(id))) ?? taskId,
      agent: take('agent', asString) ?? take('name', asString),
    };
    if (Object.keys(fields).length > 0) entry.detail = fields;
    return entry;
  }

  /** As it can be logged: as plain text where its fields cannot be, being nested too deep, say. Throws if that cannot be, either. */
  fittingEntryOf(line: string): Entry {
    const { maxEntryBytes } = this.#options;
    const entry = this.entryOf(line);
    try {
      checkEntry(entry, 0, maxEntryBytes);
      return entry;
    } catch {
      const text = this.#textOf(line);
      checkEntry(text, 0, maxEntryBytes);
      return text;
    }
  }

  #textOf(line: string): Entry {
    return { taskId: this.#options.taskId, type: 'text', text: line, timestamp: Date.now() };
  }
}

function objectIn(line: string): Record<string, JsonValue> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, JsonValue>) : undefined;
  } catch {
    return undefined;
  }
}

function asString(value: JsonValue): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** From milliseconds, seconds or a text, whichever `timestamp` of pino was chosen; `isAll`: nothing else was in it. */
function timeOf(time: JsonValue | undefined): { milliseconds: number; isAll: boolean } | undefined {
  if (typeof time === 'number') {
    const exact = time < LEAST_MILLISECONDS ? time * 1000 : time;
    const milliseconds = Math.floor(exact);
    const isTime = time >= LEAST_SECONDS && Number.isSafeInteger(milliseconds);
    return isTime ? { milliseconds, isAll: milliseconds === exact } : undefined;
  }
  if (typeof time !== 'string') return undefined;
  const milliseconds = Date.parse(time);
  if (Number.isNaN(milliseconds)) return undefined;
  return { milliseconds, isAll: new Date(milliseconds).toISOString() === time };
}
