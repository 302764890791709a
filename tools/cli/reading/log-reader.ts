/**
 * Reads what can be read of a store's entries, and says what cannot: a place that is damaged costs what stood there, a
 * database that cannot be read its rows, and what waits in segments comes all the same.
 */
import type { AgentLog } from '../../../src/api.js';
import { isDatabaseLost } from '../../../src/compactor/lost-database.js';
import type { StoredEntry } from '../../../src/entry.js';
import { AgentLogError } from '../../../src/errors.js';
import type { AgentLogListeners } from '../../../src/events.js';
import type { ScanOptions } from '../../../src/reading/api.js';
import { databasePath, type Store } from '../../../src/segment/store-directory.js';
import type { CommonOptions, ExitCode } from '../definition.js';
import { explain } from '../errors.js';
import { count } from '../output/numbers.js';
import { lookingDisk } from '../store/looking-disk.js';
import { findStore, openSegmentsToLook, openToLook } from '../store/open-store.js';

const MOST_TOLD = 5;

export class LogReader {
  readonly store: Store;
  readonly #path: string;
  readonly #options: CommonOptions;
  readonly #note: (text: string) => void;
  #log!: AgentLog;
  #exitCode: ExitCode = 0;
  #problems = 0;
  #hasRows = true;

  static async open(path: string, options: CommonOptions, note: (text: string) => void): Promise<LogReader> {
    const reader = new LogReader(path, options, note);
    if (isDatabaseLost(lookingDisk, reader.store.paths, databasePath(reader.store.paths)))
      reader.#tellOfLoss();
    reader.#log = await openToLook(path, options, reader.#listeners);
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
      const behind = wanted.order === 'desc' ? { before: last } : { after: last };
      yield* this.#log.scan(last === undefined ? wanted : { ...wanted, ...behind });
    }
  }

  /** Where a follow begins that gives only what comes from now on. */
  async cursor(): Promise<string> {
    try {
      return await this.#log.cursor();
    } catch (error) {
      await this.#leaveRows(error);
      return this.#log.cursor();
    }
  }

  async close(): Promise<void> {
    await this.#log.close();
    if (this.#problems > MOST_TOLD) this.#note(`agentlog: and ${count(this.#problems - MOST_TOLD)} more`);
    if (this.#problems > 0) this.#note(`agentlog verify ${this.#path} tells all that is wrong`);
  }

  /** Reading goes on without the database, if that is what fails. */
  async #leaveRows(error: unknown): Promise<void> {
    if (!(error instanceof AgentLogError) || !this.#hasRows) throw error;
    this.#hasRows = false;
    const { message, exitCode } = explain(error);
    this.#exitCode = exitCode;
    const advice =
      exitCode === 3
        ? `agentlog rebuild ${this.#path} makes the database anew, and so does whoever writes to the store`
        : `agentlog status ${this.#path} says more`;
    this.#note(`agentlog: ${message}\nWhat is not in the database yet is read all the same. ${advice}`);
    await this.#log.close();
    this.#log = await openSegmentsToLook(this.#path, this.#options, this.#listeners);
  }

  #tellOfLoss(): void {
    this.#exitCode = 3;
    this.#note(
      `agentlog: ${databasePath(this.store.paths)} is gone, and with it what is in no segment any more. What waits in segments is read all the same\nagentlog rebuild ${this.#path} makes a database of all segments that are left, archive/ included`,
    );
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
    if (++this.#problems <= MOST_TOLD) this.#note(`agentlog: damaged: ${what}`);
  }
}
