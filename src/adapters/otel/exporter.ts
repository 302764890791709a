/** The way of records to the disk, and of the answer back. */
import { openAgentLog } from '../../agent-log.js';
import type { AgentLog } from '../../api.js';
import type { Entry } from '../../entry.js';
import { AgentLogError, describe } from '../../errors.js';
import type { AgentLogOptions } from '../../options.js';
import { printable } from '../../printable.js';
import type { AgentLogRecordExporter, ExportedLogRecord, ExportOutcome } from './api.js';
import { entryOf } from './record-entry.js';

/** As the SDK numbers them. */
const SUCCESS = 0;
const FAILED = 1;
/** One of the entries can never be logged. */
const UNFIT: readonly unknown[] = ['AGENTLOG_ENTRY_INVALID', 'AGENTLOG_ENTRY_TOO_LARGE'];

export class Exporter implements AgentLogRecordExporter {
  readonly #open: () => Promise<AgentLog>;
  readonly #taskId: string;
  #log: Promise<AgentLog> | undefined;
  /** Once it is open, so that what is exported is in its hands at once, and is written although the process ends now. */
  #ready: AgentLog | undefined;
  readonly #pending = new Set<Promise<ExportOutcome>>();
  #closing: Promise<void> | undefined;

  constructor(directory: string, taskId: string, options: AgentLogOptions) {
    this.#open = () => openAgentLog(directory, options);
    this.#taskId = taskId;
    // Whoever exports hears of a failure.
    this.#opened().catch(() => undefined);
  }

  export(records: readonly ExportedLogRecord[], resultCallback: (result: ExportOutcome) => void): void {
    const answer = this.#write(records).then(
      (): ExportOutcome => ({ code: SUCCESS }),
      (error: unknown): ExportOutcome => ({ code: FAILED, error: asError(error) }),
    );
    this.#pending.add(answer);
    void answer.then((result) => {
      this.#pending.delete(answer);
      try {
        resultCallback(result);
      } catch (error) {
        warnOfCallback(error);
      }
    });
  }

  async forceFlush(): Promise<void> {
    await Promise.all(this.#pending);
  }

  shutdown(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.forceFlush();
    const log = await this.#log?.catch(() => undefined);
    await log?.close();
  }

  #opened(): Promise<AgentLog> {
    this.#log ??= this.#open().then(
      (log) => {
        // Behind those that have waited for it.
        setImmediate(() => {
          this.#ready = log;
        });
        return log;
      },
      (error: unknown) => {
        this.#log = undefined;
        throw error;
      },
    );
    return this.#log;
  }

  async #write(records: readonly ExportedLogRecord[]): Promise<void> {
    if (this.#closing !== undefined)
      throw new AgentLogError('AGENTLOG_CLOSED', 'the exporter was shut down, and exports nothing any more');
    const refusals: Error[] = [];
    // Before anything is waited for: the host may go on using what it has put into a record.
    const entries = records.flatMap((record) => {
      try {
        return [entryOf(record, this.#taskId)];
      } catch (error) {
        refusals.push(asError(error));
        return [];
      }
    });
    const log = this.#ready ?? (await this.#opened());
    if (entries.length > 0) refusals.push(...(await append(log, entries)));
    const [first] = refusals;
    if (first === undefined) return;
    throw new AgentLogError(
      'AGENTLOG_ENTRY_INVALID',
      `${refusals.length} of ${records.length} records were not logged, the others are on disk: ${first.message}`,
      { cause: first },
    );
  }
}

/**
 * Resolves to the refusals of those that can never be logged. Nobody tries a batch again that failed, so such a record
 * must not take the others along.
 */
async function append(log: AgentLog, entries: readonly Entry[]): Promise<Error[]> {
  try {
    await log.appendBatch(entries);
    return [];
  } catch (error) {
    if (!UNFIT.includes((error as { code?: unknown }).code)) throw error;
  }
  const results = await Promise.allSettled(entries.map((entry) => log.append(entry)));
  return results.flatMap((result) => (result.status === 'rejected' ? [asError(result.reason)] : []));
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(describe(thrown));
}

/** What it throws must not end the process, nor go unheard. */
function warnOfCallback(error: unknown): void {
  process.emitWarning(printable(`the callback of an export threw: ${describe(error)}`), {
    type: 'AgentLogWarning',
    code: 'AGENTLOG_LISTENER_THREW',
  });
}
