/** What a host may choose when it opens a store. A misused option is a `TypeError` that says what was meant. */
import { URL } from 'node:url';
import { editDistance } from './edit-distance.js';
import type { Entry, JsonValue } from './entry.js';
import { type AgentLogListeners, EVENT_NAMES } from './events.js';
import { printableName } from './printable.js';

export interface AgentLogOptions<Detail = JsonValue> {
  /** Reads only: makes nothing, locks no slot. */
  readOnly?: boolean | undefined;
  /** A segment is sealed when it has become this long. 8 MiB. */
  segmentBytes?: number | undefined;
  /** Above this, appends are rejected with AGENTLOG_OVERLOADED and writes dropped. 64 MiB. */
  maxPendingBytes?: number | undefined;
  /** UTF-8 bytes of an entry's texts, its detail as JSON included. 16 MiB. */
  maxEntryBytes?: number | undefined;
  /** Segments that are in the database are kept for rebuilding it, up to so many bytes. 256 MiB. */
  archiveBytes?: number | undefined;
  /** Makes the texts searchable. Once the database has the index, it is kept up by every handle. */
  fullText?: boolean | undefined;
  /** False: this handle never brings entries into the database; another one of the store must. */
  compact?: boolean | undefined;
  /**
   * Where the program of the worker thread is, for bundled programs: the file: URL of a bundle of `agentlog/worker`.
   * Any `URL` will do; its type is not named, because not every project that compiles against this has it.
   */
  worker?: { readonly href: string } | undefined;
  /**
   * Called with every entry before anything of it is encoded; what it returns is logged instead. An entry for which it
   * throws is not written.
   */
  redact?: ((entry: Entry<Detail>) => Entry<Detail>) | undefined;
  /** The clock, in epoch milliseconds. */
  now?: (() => number) | undefined;
  /** Opens a store on a network file system, where a living writer may look dead. */
  allowUnsafeFilesystem?: boolean | undefined;
  /** Lets a release of SQLite write that is known to lose rows: for a build that was mended without a new number. */
  allowUnsafeSqlite?: boolean | undefined;
  /** Opens a store that belongs to another user. */
  allowForeignOwner?: boolean | undefined;
  /** Listeners that hear what happens while the store is being opened, too. */
  on?: AgentLogListeners | undefined;
}

type Given = Omit<AgentLogOptions<unknown>, 'redact' | 'worker'>;

export type CheckedOptions = {
  readonly [Name in keyof Given]-?: Exclude<Given[Name], undefined>;
} & {
  readonly redact: ((entry: Entry<unknown>) => Entry<unknown>) | undefined;
  /** Its `href`. */
  readonly worker: string | undefined;
};

const MIB = 1024 * 1024;
/** The format bounds an entry; beside the texts it has a fixed part. */
const MOST_ENTRY_BYTES = 64 * MIB - 1024;

interface Rule {
  readonly what: string;
  readonly holds: (value: unknown) => boolean;
  readonly usual: unknown;
}

const isFlag = (value: unknown) => typeof value === 'boolean';
const isFunction = (value: unknown) => typeof value === 'function';
const flag: Rule = { what: 'true or false', holds: isFlag, usual: false };

function bytes(least: number, most: number, usual: number): Rule {
  return {
    what: `a whole number of bytes from ${least} to ${most}`,
    holds: (value) => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most,
    usual,
  };
}

const RULES: Readonly<Record<keyof AgentLogOptions, Rule>> = {
  readOnly: flag,
  segmentBytes: bytes(64 * 1024, 1024 * MIB, 8 * MIB),
  maxPendingBytes: bytes(64 * 1024, 1024 * MIB, 64 * MIB),
  maxEntryBytes: bytes(1024, MOST_ENTRY_BYTES, 16 * MIB),
  archiveBytes: bytes(0, Number.MAX_SAFE_INTEGER, 256 * MIB),
  fullText: flag,
  compact: { ...flag, usual: true },
  worker: { what: 'a URL object of a file, such as pathToFileURL(path)', holds: isFileUrl, usual: undefined },
  redact: { what: 'a function from entry to entry', holds: isFunction, usual: undefined },
  now: { what: 'a function that gives epoch milliseconds', holds: isFunction, usual: Date.now },
  allowUnsafeFilesystem: flag,
  allowUnsafeSqlite: flag,
  allowForeignOwner: flag,
  on: { what: `an object of listeners (${EVENT_NAMES.join(', ')})`, holds: areListeners, usual: {} },
};

/** `beside`: names that were taken out before, which may have been meant all the same. */
export function checkOptions(options: unknown, beside: readonly string[] = []): CheckedOptions {
  if (options !== undefined && (typeof options !== 'object' || options === null)) {
    throw new TypeError(`The options of openAgentLog must be an object, not ${show(options)}`);
  }
  const given = { ...(options as Record<string, unknown> | undefined) };
  const checked: Record<string, unknown> = {};
  for (const [name, { what, holds, usual }] of Object.entries(RULES)) {
    const value = given[name];
    delete given[name];
    if (value !== undefined && !holds(value)) {
      throw new TypeError(`The option ${name} must be ${what}, not ${show(value)}`);
    }
    checked[name] = value ?? usual;
  }
  const [unknown] = Object.keys(given);
  if (unknown !== undefined)
    throw new TypeError(
      `There is no option ${printableName(unknown)}${suggestion(unknown, [...beside, ...Object.keys(RULES)])}`,
    );
  return {
    ...(checked as CheckedOptions),
    now: checkedClock(checked.now as () => number),
    worker: (checked.worker as AgentLogOptions['worker'])?.href,
  };
}

/** An id is made of the time, so what a clock gives must be one. */
function checkedClock(now: () => number): () => number {
  if (now === Date.now) return now;
  return () => {
    const time = now();
    if (Number.isSafeInteger(time)) return time;
    throw new TypeError(`The option now must give whole epoch milliseconds, not ${show(time)}`);
  };
}

function isFileUrl(value: unknown): boolean {
  // Not by its class: test environments such as jsdom have a URL of their own.
  const { href } = (value ?? {}) as { href?: unknown };
  return typeof href === 'string' && URL.canParse(href) && new URL(href).protocol === 'file:';
}

/** Which events there are is checked where they are. */
function areListeners(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function suggestion(unknown: string, names: readonly string[]): string {
  const [nearest] = [...names].sort((a, b) => distance(unknown, a) - distance(unknown, b));
  return nearest !== undefined && distance(unknown, nearest) <= Math.max(3, unknown.length / 3)
    ? `; was ${nearest} meant?`
    : `; there are: ${names.join(', ')}`;
}

/** Whatever the case of their letters. */
function distance(a: string, b: string): number {
  return editDistance(a.toLowerCase(), b.toLowerCase());
}

function show(value: unknown): string {
  if (typeof value === 'string') return `"${printableName(value)}"`;
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  return Array.isArray(value) ? 'an array' : typeof value;
}
