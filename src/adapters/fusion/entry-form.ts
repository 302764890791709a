/** From what a host gives to an entry of the log, and back: what goes in comes out. */
import type { Entry, JsonValue, StoredEntry } from '../../entry.js';
import { AgentLogError } from '../../errors.js';
import { Intake, type IntakeOptions } from '../../intake.js';
import type { AgentLogEntry, AgentLogInput } from './api.js';

const TOOL_TYPES: ReadonlySet<string> = new Set(['tool', 'tool_result', 'tool_error']);
const MOST_TOOL_DETAIL = 4096;
const NOTICE = '\n\n[tool output truncated at 4,096 characters]';
/** About what an entry takes in memory beside its texts. */
const OVERHEAD = 100;
/** No `Date` is later; other writers of the store may know later times. */
const LAST_DATE = 8.64e15;

/** An entry that passed the check. */
export interface FormedEntry {
  readonly entry: Entry;
  /** As those who listen see it. */
  readonly view: AgentLogEntry;
  /** About the bytes that it takes while it waits. */
  readonly size: number;
}

export class EntryForm {
  readonly #intake: Intake;
  readonly #capsToolDetail: boolean;

  constructor(options: IntakeOptions & { readonly capToolDetail: boolean }) {
    this.#intake = new Intake(options);
    this.#capsToolDetail = options.capToolDetail;
  }

  /** Throws for what cannot be logged. `index` says which of several it is. */
  take(given: AgentLogInput, timestamp: number, index?: number): FormedEntry {
    const { taskId, text, type, detail, agent, ...others } = given;
    if (typeof (detail ?? '') !== 'string')
      throw new AgentLogError('AGENTLOG_ENTRY_INVALID', `detail must be a string, not ${typeof detail}`);
    const packed = pack(this.#capped(type, detail ?? undefined), timingOf(others));
    const raw = { taskId, text, type, agent: agent ?? undefined, detail: packed, timestamp };
    const checked = this.#intake.take(raw, index);
    // Copied twice: what a listener does to its entry must not change what is written.
    const copy = (): Entry => ({
      ...checked,
      // As they will be read back.
      taskId: checked.taskId.toWellFormed(),
      text: checked.text.toWellFormed(),
      type: checked.type.toWellFormed(),
      agent: checked.agent?.toWellFormed(),
      detail: checked.detail === undefined ? undefined : JSON.parse(checked.detail),
    });
    const size = OVERHEAD + checked.text.length + (checked.detail?.length ?? 0) + checked.taskId.length;
    return { entry: copy(), view: viewOf(copy() as StoredEntry), size };
  }

  #capped(type: string, detail: string | undefined): string | undefined {
    if (!this.#capsToolDetail || !TOOL_TYPES.has(type)) return detail;
    if (detail === undefined || detail.length <= MOST_TOOL_DETAIL) return detail;
    // Not through the middle of a character.
    const end = /[\ud800-\udbff]/.test(detail[MOST_TOOL_DETAIL - 1]!)
      ? MOST_TOOL_DETAIL - 1
      : MOST_TOOL_DETAIL;
    return detail.slice(0, end) + NOTICE;
  }
}

/** As hosts get it, whoever wrote it. */
export function viewOf({ taskId, text, type, agent, detail, timestamp }: StoredEntry): AgentLogEntry {
  const { words, timing } = unpack(detail);
  return {
    ...timing,
    timestamp: new Date(Math.max(-LAST_DATE, Math.min(timestamp, LAST_DATE))).toISOString(),
    taskId,
    text,
    type,
    ...(words !== undefined && { detail: words }),
    ...(agent !== undefined && { agent }),
  } as AgentLogEntry;
}

interface Timing {
  readonly [field: string]: JsonValue;
}

/** All fields that have a value, but for the time, which the store stamps. */
function timingOf(others: object): Timing | undefined {
  const fields = Object.entries(others).filter(
    ([name, value]) => value !== undefined && value !== null && name !== 'timestamp',
  );
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}

function pack(detail: string | undefined, timing: Timing | undefined): JsonValue | undefined {
  if (timing === undefined) return detail;
  return detail === undefined ? { timing } : { detail, timing };
}

function unpack(packed: JsonValue | undefined): { words?: string | undefined; timing?: Timing } {
  if (packed === undefined || typeof packed === 'string') return { words: packed };
  if (isObject(packed)) {
    const { detail, timing, ...others } = packed;
    const isOurs = detail === undefined || typeof detail === 'string';
    if (isOurs && isObject(timing) && Object.keys(others).length === 0) return { words: detail, timing };
  }
  // Of another writer.
  return { words: JSON.stringify(packed) };
}

function isObject(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
