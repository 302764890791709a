/** What a store tells its host beside answers: events, each with its listeners, none of whom can hurt the store. */

import { describe } from './errors.js';
import { printable, printableName } from './printable.js';

/** Something went wrong that no call reports; nothing acknowledged is lost by it. */
export interface AgentLogWarning {
  /** Stays the same from version to version. */
  readonly code:
    | 'AGENTLOG_BACKLOG'
    | 'AGENTLOG_COMPACTION'
    | 'AGENTLOG_READER_PINNED'
    | 'AGENTLOG_SEGMENT_LEFT'
    | 'AGENTLOG_STORAGE'
    | 'AGENTLOG_WAL_KEPT'
    | 'AGENTLOG_WRITE_DROPPED';
  /** For people; may change. */
  readonly message: string;
  readonly cause?: unknown;
}

/** A segment that a dead writer had left open was read to its end. */
export interface RecoverEvent {
  readonly segment: string;
  /** Entries in it that count. */
  readonly entries: number;
  /** Bytes of an unfinished batch at its end, of which nothing was acknowledged; they stay in the file. */
  readonly tornBytes: number;
  /** For people. */
  readonly reason: string;
}

/** What was acknowledged can no longer be read. */
export interface DamageEvent {
  readonly segment: string;
  readonly holes: number;
  readonly bytes: number;
  /** For people. */
  readonly reason: string;
}

/** Segments became rows of the database. Told by the handle whose worker did it. */
export interface CompactEvent {
  readonly segments: number;
  /** Entries that became rows. */
  readonly entries: number;
  /** Bytes of the segments. */
  readonly bytes: number;
  readonly milliseconds: number;
  /** Segments that wait for the next round. */
  readonly left: number;
}

/** The database was damaged, or was to be made anew, and another one has taken its place. */
export interface HealEvent {
  /** False when nothing was wrong, and `rebuild()` had asked for it. */
  readonly wasDamaged: boolean;
  /** What was wrong. For people. */
  readonly reason: string;
  /** Rows that could be read in the old one. */
  readonly rows: number;
  /** Entries that came back from segments. */
  readonly replayed: number;
  /** Entries that the old one had counted and that are nowhere any more; null when that cannot be known. */
  readonly missing: number | null;
  /** Not everything could be read that says what was deleted: entries may be back that were deleted long ago. */
  readonly deletedMayBeBack: boolean;
  /** Where the old one is kept; null when there was none. */
  readonly kept: string | null;
  readonly milliseconds: number;
}

export interface AgentLogEvents {
  compact: CompactEvent;
  recover: RecoverEvent;
  damage: DamageEvent;
  heal: HealEvent;
  warning: AgentLogWarning;
}

export type AgentLogListener<Name extends keyof AgentLogEvents> = (event: AgentLogEvents[Name]) => void;

export type AgentLogListeners = { [Name in keyof AgentLogEvents]?: AgentLogListener<Name> };

export const EVENT_NAMES: readonly (keyof AgentLogEvents)[] = [
  'compact',
  'recover',
  'damage',
  'heal',
  'warning',
];

type AnyListener = (event: unknown) => void;

export class Events {
  readonly #listeners = new Map<string, Set<AnyListener>>(EVENT_NAMES.map((name) => [name, new Set()]));
  readonly #warned = new Set<string>();

  constructor(listeners: AgentLogListeners) {
    for (const [name, listener] of Object.entries(listeners)) {
      if (listener !== undefined) this.add(name, listener as AnyListener);
    }
  }

  add(name: string, listener: unknown): void {
    const listeners = this.#listenersOf(name);
    if (typeof listener !== 'function')
      throw new TypeError(`A listener of '${printableName(String(name))}' must be a function`);
    listeners.add(listener as AnyListener);
  }

  remove(name: string, listener: unknown): void {
    this.#listenersOf(name).delete(listener as AnyListener);
  }

  emit<Name extends keyof AgentLogEvents>(name: Name, event: AgentLogEvents[Name]): void {
    const listeners = [...this.#listenersOf(name)];
    if (listeners.length === 0) this.#unheard(name, event);
    const threw = (error: unknown) =>
      this.#warnProcess('AGENTLOG_LISTENER_THREW', `a listener of '${name}' threw: ${describe(error)}`);
    const told = shown(event);
    for (const listener of listeners) {
      try {
        const result = listener(told) as unknown;
        // An asynchronous one may fail later.
        if (result instanceof Promise) result.catch(threw);
      } catch (error) {
        threw(error);
      }
    }
  }

  /** A warning about the disk, or what stands on it. */
  problem(what: string, cause: unknown): void {
    const message = cause instanceof Error ? cause.message : String(cause);
    this.emit('warning', {
      code: 'AGENTLOG_STORAGE',
      message: what === '' ? message : `${what}: ${message}`,
      cause,
    });
  }

  #listenersOf(name: string): Set<AnyListener> {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined) {
      throw new TypeError(
        `There is no event '${printableName(String(name))}'; there are: ${EVENT_NAMES.join(', ')}`,
      );
    }
    return listeners;
  }

  /** Of what nobody listens to, bad news must not go unseen. */
  #unheard(name: keyof AgentLogEvents, event: AgentLogEvents[keyof AgentLogEvents]): void {
    if (name === 'warning') {
      const { code, message } = event as AgentLogWarning;
      this.#warnProcess(code, message);
    } else if (name === 'damage') {
      const { segment, reason } = event as DamageEvent;
      this.#warnProcess('AGENTLOG_DAMAGE', `${segment}: ${reason}`);
    } else if (name === 'heal') {
      const { wasDamaged, reason, missing } = event as HealEvent;
      if (!wasDamaged) return;
      const lost = missing === null ? 'an unknown number of entries may be' : `${missing} entries are`;
      this.#warnProcess('AGENTLOG_HEAL', `the database was made anew (${reason}); ${lost} missing`);
    }
  }

  /** Once per code: a host that does not listen is not to be flooded. */
  #warnProcess(code: string, message: string): void {
    if (this.#warned.has(code)) return;
    this.#warned.add(code);
    process.emitWarning(printable(message), { type: 'AgentLogWarning', code });
  }
}

/** As hosts may print it. Paths stay what they are. */
function shown<Event extends AgentLogEvents[keyof AgentLogEvents]>(event: Event): Event {
  if ('message' in event) return { ...event, message: printable(event.message) };
  return 'reason' in event ? { ...event, reason: printable(event.reason) } : event;
}
