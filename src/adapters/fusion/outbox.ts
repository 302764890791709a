/**
 * The way of entries to the disk: one group of them is under way while the rest waits. A group that fails comes back to
 * the head of what waits, so an entry that is tried again keeps its place among the others.
 *
 * An append that the log has rejected is not there once the same handle has acknowledged something later. The next try is
 * that something, so nothing is there twice.
 */
import type { AgentLog } from '../../api.js';
import { AgentLogError } from '../../errors.js';
import type { FormedEntry } from './entry-form.js';
import { type Unit, WaitingList } from './waiting-list.js';

/** What is more goes into the next group; what is given as one is never parted. */
const GROUP_BYTES = 1024 * 1024;
/** The disk may take it later. Any other refusal is for good. */
const PASSING: readonly unknown[] = ['AGENTLOG_IO', 'AGENTLOG_DISK_FULL', 'AGENTLOG_OVERLOADED'];

interface Group {
  readonly units: readonly Unit[];
  /** Whether the next one may follow. Never rejects. */
  readonly ended: Promise<boolean>;
}

export interface OutboxOptions {
  readonly log: Pick<AgentLog, 'appendBatch' | 'flushSync'>;
  /** When more waits, the oldest of what is kept is dropped. */
  readonly mostBytes: number;
  readonly onDropped: (cause: unknown) => void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #waiting = new WaitingList();
  /** Given to the log. Several only while `flushSync` is at work. */
  readonly #groups = new Set<Group>();
  #given = 0;
  #pumping: Promise<void> | undefined;
  /** Why the disk refused what was tried last. */
  #failure: unknown;
  /** Some of what is under way has failed; which of it is known in a moment. */
  #doubt: { readonly cause: unknown } | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Resolves to the id once the entry is on disk, or to undefined when it has to wait for the next try. */
  async keep(formed: FormedEntry): Promise<string | undefined> {
    const written = this.#add([formed], formed.entry.taskId);
    while (this.#waiting.bytes > this.#options.mostBytes) {
      const dropped = this.#waiting.drop();
      if (dropped === undefined) break;
      dropped.resolve();
      this.#options.onDropped(this.#failure ?? 'the disk is slower than what is logged');
    }
    return (await written)?.[0];
  }

  /** Resolves to the ids once all are on disk. What is rejected is not tried again. */
  async write(batch: readonly FormedEntry[]): Promise<string[]> {
    if (this.#waiting.bytes > this.#options.mostBytes)
      throw new AgentLogError(
        'AGENTLOG_OVERLOADED',
        'too much waits for the disk; nothing of this was written',
      );
    return (await this.#add(batch, undefined)) ?? [];
  }

  /** Resolves when all that was given so far is on disk, or was refused once more. */
  async tried(): Promise<void> {
    const last = this.#given;
    this.#start();
    for (;;) {
      const [group] = this.#groups;
      const oldest = group?.units[0] ?? this.#waiting.first;
      if (oldest === undefined || oldest.number > last) return;
      if (group !== undefined) await group.ended;
      else if (this.#pumping === undefined) return;
      else await nextTurn();
    }
  }

  /** All that was given is on disk when it returns. */
  flushSync(): void {
    if (this.#doubt !== undefined) throw this.#doubt.cause;
    this.#endNow();
    while (this.#waiting.first !== undefined) {
      this.#send();
      this.#endNow();
    }
  }

  /** What is kept for the task is not tried again. */
  forget(taskId: string): void {
    for (const { units } of this.#groups)
      for (const unit of units) if (unit.keptFor === taskId) unit.isForgotten = true;
    this.#waiting.forget(taskId);
  }

  /** Drops what is kept. */
  abandon(): void {
    for (const _ of this.#waiting.forget()) this.#options.onDropped(this.#failure);
  }

  /** The newest entry of the task that the disk has refused so far. */
  newestKept(taskId: string): FormedEntry | undefined {
    return this.#waiting.newestFor(taskId)?.entries[0];
  }

  #add(entries: readonly FormedEntry[], keptFor: string | undefined): Promise<string[] | undefined> {
    return new Promise((resolve, reject) => {
      const size = entries.reduce((sum, entry) => sum + entry.size, 0);
      const number = ++this.#given;
      this.#waiting.add({ number, entries, size, keptFor, isForgotten: false, resolve, reject });
      this.#start();
    });
  }

  #start(): void {
    if (this.#waiting.first !== undefined) this.#pumping ??= this.#pump();
  }

  async #pump(): Promise<void> {
    do {
      // A turn of its own for each group: so what became of it is known here before any caller goes on, who may flush.
      await nextTurn();
      for (const { ended } of this.#groups) await ended;
    } while (this.#waiting.first !== undefined && (await this.#send()));
    this.#pumping = undefined;
  }

  /** Gives the next group to the log. While the disk refuses, a single unit: there may be space for little. */
  #send(): Promise<boolean> {
    const units = this.#waiting.take(this.#failure === undefined ? GROUP_BYTES : 0);
    const entries = units.flatMap((unit) => unit.entries.map(({ entry }) => entry));
    const ended = this.#options.log.appendBatch(entries).then(
      (ids) => {
        this.#end(group);
        this.#failure = undefined;
        let from = 0;
        for (const { entries: own, resolve } of units) {
          resolve(ids.slice(from, from + own.length));
          from += own.length;
        }
        return true;
      },
      (error: unknown) => {
        this.#end(group);
        const isPassing = PASSING.includes((error as { code?: unknown }).code);
        if (!isPassing) for (const { reject } of units) reject(error);
        else {
          this.#failure = error;
          this.#waiting.putBack(units, error);
        }
        return !isPassing;
      },
    );
    const group = { units, ended };
    this.#groups.add(group);
    return ended;
  }

  /** What is under way is on disk when it returns. */
  #endNow(): void {
    if (this.#groups.size === 0) return;
    try {
      this.#options.log.flushSync();
    } catch (error) {
      this.#doubt = { cause: error };
      throw error;
    }
    this.#failure = undefined;
  }

  #end(group: Group): void {
    this.#groups.delete(group);
    if (this.#groups.size === 0) this.#doubt = undefined;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
