/** What an entry is: the shape callers give, the shape they get back, and the check between the two. */
import { AgentLogError } from './errors.js';
import { toJsonText } from './json-text.js';
import { printableName } from './printable.js';

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** One thing an agent logged. */
export interface Entry<Detail = JsonValue> {
  /** What the agent was working on; entries are read by it. */
  taskId: string;
  /** What kind of thing this is: `text`, `tool`, `thinking`, whatever the host distinguishes. */
  type: string;
  text: string;
  /** Who logged it. */
  agent?: string | undefined;
  /** Anything that is exactly a JSON value. */
  detail?: Detail | undefined;
  /** Epoch milliseconds; the time of the append when left out. */
  timestamp?: number | undefined;
}

/** An entry as it is read back. */
export interface StoredEntry<Detail = JsonValue> {
  id: string;
  taskId: string;
  type: string;
  text: string;
  agent?: string;
  detail?: Detail;
  timestamp: number;
}

/** An entry that passed the check, with its detail already as text. */
export interface CheckedEntry {
  readonly taskId: string;
  readonly type: string;
  readonly text: string;
  readonly agent: string | undefined;
  /** JSON text; never empty. */
  readonly detail: string | undefined;
  readonly timestamp: number;
}

const FIELDS = { taskId: 0, type: 0, text: 0, agent: 0, detail: 0, timestamp: 0 };
/** Fields of another name; those that every object has by inheritance are other ones, too. */
const isField = (name: string) => Object.hasOwn(FIELDS, name);

/** UTF-8 bytes of taskId, type and agent: names, not contents; the format counts them in 16 bits. */
export const MAX_NAME_BYTES = 65_535;

/** `now` stands in for a missing timestamp. `maxBytes` bounds what the texts take in UTF-8. */
export function checkEntry(entry: Entry<unknown>, now: number, maxBytes: number): CheckedEntry {
  if (typeof entry !== 'object' || entry === null) throw invalid('an entry must be an object', entry);
  if (Array.isArray(entry)) throw invalid('an entry must be an object, not an array; was appendBatch meant?');
  for (const name in entry) {
    // What would not be kept must not get lost in silence.
    if (!isField(name) && (entry as unknown as Record<string, unknown>)[name] !== undefined) {
      throw invalid(`an entry has no field ${printableName(name)}; it has ${Object.keys(FIELDS).join(', ')}`);
    }
  }
  const { taskId, type, text, agent, detail, timestamp } = entry;
  checkName('taskId', taskId);
  checkName('type', type);
  if (typeof text !== 'string') throw invalid('text must be a string', text);
  if (agent !== undefined) checkName('agent', agent);
  if (timestamp !== undefined && !Number.isSafeInteger(timestamp)) {
    const hint = (timestamp as unknown) instanceof Date ? ' (date.getTime())' : '';
    throw invalid(`timestamp must be whole epoch milliseconds${hint}`, timestamp);
  }
  const json = detail === undefined ? undefined : toJsonText(detail, 'detail', maxBytes);
  checkSize([text, json, taskId, type, agent], maxBytes);
  return { taskId, type, text, agent, detail: json, timestamp: timestamp ?? now };
}

function checkSize(texts: readonly (string | undefined)[], maxBytes: number): void {
  // A character has at most three bytes for each of its UTF-16 units, so most entries need no counting.
  let units = 0;
  for (const text of texts) units += text === undefined ? 0 : text.length;
  if (units * 3 <= maxBytes) return;
  let bytes = 0;
  for (const text of texts) bytes += text === undefined ? 0 : Buffer.byteLength(text);
  if (bytes <= maxBytes) return;
  throw new AgentLogError(
    'AGENTLOG_ENTRY_TOO_LARGE',
    `the entry takes ${bytes} bytes, and at most ${maxBytes} (maxEntryBytes) are taken`,
  );
}

function checkName(name: string, value: string): void {
  if (typeof value !== 'string') throw invalid(`${name} must be a string`, value);
  // A character has at most three bytes for each of its UTF-16 units, so most names need no counting.
  if (value.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(value) > MAX_NAME_BYTES) {
    throw new AgentLogError('AGENTLOG_ENTRY_INVALID', `${name} is longer than ${MAX_NAME_BYTES} bytes`);
  }
}

function invalid(what: string, ...values: readonly unknown[]): AgentLogError {
  if (values.length === 0) return new AgentLogError('AGENTLOG_ENTRY_INVALID', what);
  const [value] = values;
  const given = value === null ? 'null' : typeof value === 'number' ? String(value) : typeof value;
  return new AgentLogError('AGENTLOG_ENTRY_INVALID', `${what}, not ${given}`);
}
