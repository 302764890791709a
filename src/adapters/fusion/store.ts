/** The calls of the store, each in terms of the log and of what is on its way there. */
import type { AgentLog } from '../../api.js';
import { DroppedWrites } from '../../dropped-writes.js';
import { AgentLogError } from '../../errors.js';
import type { Events } from '../../events.js';
import { drainAtExit } from '../../exit-drain.js';
import type { CheckedOptions } from '../../options.js';
import type {
  AgentLogEntry,
  AgentLogInput,
  AgentLogPage,
  AgentLogStore,
  AgentLogStoreEvents,
  AgentLogStoreListener,
  AgentLogTiming,
  PrunedAgentLogs,
} from './api.js';
import { EntryForm } from './entry-form.js';
import { LogListeners } from './log-listeners.js';
import { Outbox } from './outbox.js';
import { pruneOlder } from './prune.js';
import { checkTaskId, pageOf, readPage, readRange, timeOf } from './reads.js';

export interface StoreParts {
  readonly log: AgentLog;
  readonly options: CheckedOptions;
  readonly capToolDetail: boolean;
  /** What the log tells, and what the store itself has to say. */
  readonly events: Events;
}

export class Store implements AgentLogStore {
  readonly #log: AgentLog;
  readonly #now: () => number;
  readonly #events: Events;
  readonly #listeners = new LogListeners();
  readonly #form: EntryForm;
  readonly #dropped: DroppedWrites;
  readonly #outbox: Outbox;
  readonly #stopDraining: () => void;
  #closing: Promise<void> | undefined;

  constructor({ log, options, capToolDetail, events }: StoreParts) {
    this.#log = log;
    this.#now = options.now;
    this.#events = events;
    this.#form = new EntryForm({ ...options, capToolDetail });
    this.#dropped = new DroppedWrites('appendAgentLog', (message, cause) =>
      events.emit('warning', { code: 'AGENTLOG_WRITE_DROPPED', message, cause }),
    );
    this.#outbox = new Outbox({
      log,
      mostBytes: options.maxPendingBytes,
      onDropped: (cause) => this.#dropped.note(cause),
    });
    this.#stopDraining = drainAtExit(() => this.#outbox.flushSync());
  }

  appendAgentLog(
    taskId: string,
    text: string,
    type: AgentLogInput['type'],
    detail?: string | null,
    agent?: AgentLogInput['agent'],
    timing?: AgentLogTiming | null,
  ): Promise<string | undefined> {
    const written = this.#append({ ...timing, taskId, text, type, detail, agent });
    // Most hosts do not wait for it. What cannot be logged is told by a warning, and must not end them.
    written.catch((error: unknown) => this.#dropped.note(error));
    return written;
  }

  async #append(given: AgentLogInput): Promise<string | undefined> {
    this.#checkOpen();
    const formed = this.#form.take(given, this.#now());
    const written = this.#outbox.keep(formed);
    this.#listeners.emit(formed.view);
    return written;
  }

  async appendAgentLogBatch(entries: readonly AgentLogInput[]): Promise<string[]> {
    if (!Array.isArray(entries)) throw new TypeError('appendAgentLogBatch takes an array of entries');
    if (entries.length === 0) return [];
    this.#checkOpen();
    const time = this.#now();
    const batch = entries.map((entry: AgentLogInput, i) => this.#form.take(entry, time, i));
    const references = await this.#outbox.write(batch);
    for (const { view } of batch) this.#listeners.emit(view);
    return references;
  }

  flushAgentLogBuffer(): void {
    this.#outbox.flushSync();
  }

  async getAgentLogs(taskId: string, wanted: AgentLogPage = {}): Promise<AgentLogEntry[]> {
    checkTaskId(taskId);
    const page = pageOf(wanted);
    if (page === undefined) return [];
    await this.#outbox.tried();
    return readPage(this.#log, taskId, page);
  }

  async getAgentLogCount(taskId: string, { type }: Pick<AgentLogPage, 'type'> = {}): Promise<number> {
    checkTaskId(taskId);
    await this.#outbox.tried();
    return this.#log.count({ taskId, type });
  }

  async getAgentLogsByTimeRange(taskId: string, start: string, end: string | null): Promise<AgentLogEntry[]> {
    checkTaskId(taskId);
    const since = timeOf('start', start);
    const until = end === null ? this.#now() : timeOf('end', end);
    await this.#outbox.tried();
    return readRange(this.#log, taskId, since, until);
  }

  async getLatestAgentLogActivityMs(taskId: string): Promise<number | undefined> {
    checkTaskId(taskId);
    await this.#outbox.tried();
    const [last] = await this.#log.entries({ taskId, last: 1 });
    return this.#outbox.newestKept(taskId)?.entry.timestamp ?? last?.timestamp;
  }

  async pruneAgentLogs(
    days: number,
    taskIds?: readonly string[] | ReadonlySet<string>,
  ): Promise<PrunedAgentLogs> {
    await this.#outbox.tried();
    return pruneOlder(this.#log, this.#now(), days, taskIds);
  }

  async deleteTask(taskId: string): Promise<void> {
    checkTaskId(taskId);
    try {
      // At once, so that nothing that is logged later gets in between.
      this.#outbox.flushSync();
    } catch {
      // What the disk has refused is forgotten, as it is to be deleted.
    }
    this.#outbox.forget(taskId.toWellFormed());
    await this.#log.deleteTask(taskId);
  }

  on<Name extends keyof AgentLogStoreEvents>(name: Name, listener: AgentLogStoreListener<Name>): this {
    if (name === 'agent:log') this.#listeners.add(listener as AgentLogStoreListener<'agent:log'>);
    else this.#events.add(name, listener);
    return this;
  }

  off<Name extends keyof AgentLogStoreEvents>(name: Name, listener: AgentLogStoreListener<Name>): this {
    if (name === 'agent:log') this.#listeners.remove(listener as AgentLogStoreListener<'agent:log'>);
    else this.#events.remove(name, listener);
    return this;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#outbox.tried();
    this.#outbox.abandon();
    this.#dropped.close();
    this.#stopDraining();
    try {
      await this.#log.close();
    } catch (error) {
      this.#events.problem('the store could not be closed well', error);
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined)
      throw new AgentLogError('AGENTLOG_CLOSED', 'the store was closed, and nothing is logged any more');
  }
}
