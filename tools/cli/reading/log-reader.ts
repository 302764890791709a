/**
 * Reads what can be read of a store's entries, and says what cannot: a place that is damaged costs what stood there, and a
 * database that cannot be read what is in no segment any more.
 */
import type { AgentLog } from '../../../src/api.js';
import type { StoredEntry } from '../../../src/entry.js';
import { AgentLogError } from '../../../src/errors.js';
import type { AgentLogListeners } from '../../../src/events.js';
import type { ScanOptions, TaskSummary } from '../../../src/reading/api.js';
import { databasePath, type Store } from '../../../src/segment/store-directory.js';
import type { CommonOptions, ExitCode } from '../definition.js';
import { explain } from '../errors.js';
import { count } from '../output/numbers.js';
import { askDatabase } from '../store/database-look.js';
import { findStore } from '../store/find-store.js';
import { openSegmentsToLook, openToLook } from '../store/open-store.js';

const MOST_TOLD = 5;

export class LogReader {
  readonly store: Store;
  readonly #path: string;
  readonly #options: CommonOptions;
  readonly #note: (text: string) => void;
  #log!: AgentLog;
  #exitCode: ExitCode = 0;
  /** Each is told once, whichever handle has met it. */
  readonly #problems = new Set<string>();
  #hasRows = true;

  static async open(path: string, options: CommonOptions, note: (text: string) => void): Promise<LogReader> {
    const reader = new LogReader(path, options, note);
    const { paths } = reader.store;
    // One that lost all it had is read as one that never had anything.
    const { state, problem } = askDatabase(paths, () => undefined);
    const isLost = state === 'gone' || state === 'damaged';
    if (isLost) reader.#leave(`${databasePath(paths)} is ${state}: ${problem}`, 3);
    reader.#log = await (isLost ? openSegmentsToLook : openToLook)(path, options, reader.#listeners);
    return reader;
  }

  private constructor(path: string, options: CommonOptions, note: (text: string) => void) {
    this.store = findStore(path, options);
    this.#path = path;
    this.#options = options;
    this.#note = note;
  }

  get log(): AgentLog {
    return this.#log;
  }

  /** 3 when something was damaged. */
  get exitCode(): ExitCode {
    return this.#exitCode;
  }

  /** In the order of their ids. */
  async *scan(wanted: ScanOptions): AsyncGenerator<StoredEntry, void, void> {
    let last: string | undefined;
    try {
      for await (const entry of this.#log.scan(wanted)) {
        last = entry.id;
        yield entry;
      }
    } catch (error) {
      await this.#leaveRows(error);
      yield* this.#log.scan(last === undefined ? wanted : { ...wanted, ...behind(wanted, last) });
    }
  }

  /** As `scan`, for many: what takes an entry is only waited for when it says so. */
  async each(wanted: ScanOptions, take: (entry: StoredEntry) => Promise<void> | undefined): Promise<void> {
    let last: string | undefined;
    const through = async (options: ScanOptions) => {
      for await (const entry of this.#log.scan(options)) {
        last = entry.id;
        const waiting = take(entry);
        if (waiting !== undefined) await waiting;
      }
    };
    try {
      await through(wanted);
    } catch (error) {
      await this.#leaveRows(error);
      await through(last === undefined ? wanted : { ...wanted, ...behind(wanted, last) });
    }
  }

  /** Where a follow begins that gives only what comes from now on. */
  cursor(): Promise<string> {
    return this.#ask((log) => log.cursor());
  }

  /** Those with the newest entries first. */
  tasks(): Promise<TaskSummary[]> {
    return this.#ask((log) => log.tasks());
  }

  async close(): Promise<void> {
    await this.#log.close();
    if (this.#problems.size > MOST_TOLD)
      this.#note(`agentlog: and ${count(this.#problems.size - MOST_TOLD)} more`);
    if (this.#problems.size > 0) this.#note(`agentlog verify ${this.#path} tells all that is wrong`);
  }

  async #ask<Answer>(question: (log: AgentLog) => Promise<Answer>): Promise<Answer> {
    try {
      return await question(this.#log);
    } catch (error) {
      await this.#leaveRows(error);
      return question(this.#log);
    }
  }

  /** Reading goes on without the database, if that is what fails. */
  async #leaveRows(error: unknown): Promise<void> {
    if (!(error instanceof AgentLogError) || !this.#hasRows) throw error;
    const { message, exitCode } = explain(error);
    this.#leave(message, exitCode);
    await this.#log.close();
    this.#log = await openSegmentsToLook(this.#path, this.#options, this.#listeners);
  }

  #leave(why: string, exitCode: ExitCode): void {
    this.#hasRows = false;
    this.#exitCode = exitCode;
    this.#note(
      `agentlog: ${why}. What the segments still have is read instead, archive/ included; it may have what was deleted`,
    );
    if (exitCode === 3)
      this.#note(
        `agentlog rebuild ${this.#path} makes the database anew, and so does whoever writes to the store`,
      );
    else this.#note(`agentlog status ${this.#path} says more of the store`);
  }

  get #listeners(): AgentLogListeners {
    return {
      damage: ({ segment, reason }) => this.#damaged(`${segment}: ${reason}`),
      warning: ({ message }) => this.#note(`agentlog: ${message}`),
      // Whoever reads goes on with the new one.
      heal: () => undefined,
    };
  }

  #damaged(what: string): void {
    this.#exitCode = 3;
    if (this.#problems.has(what)) return;
    this.#problems.add(what);
    if (this.#problems.size <= MOST_TOLD) this.#note(`agentlog: damaged: ${what}`);
  }
}

function behind({ order }: ScanOptions, last: string): Pick<ScanOptions, 'after' | 'before'> {
  return order === 'desc' ? { before: last } : { after: last };
}
