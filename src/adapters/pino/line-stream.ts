/**
 * The stream that pino writes to. It says that it is ready for more only when all that it was given is on disk, so what
 * waits for the stream waits for the disk: `flush` and `flushSync` of pino, and the end of the process.
 *
 * While the disk refuses, the same lines are tried again and nothing more is taken. An append that the log has rejected is
 * not there once the same handle has acknowledged something later, which the next try is: nothing is there twice.
 */
import { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { AgentLog } from '../../api.js';
import type { Entry } from '../../entry.js';
import type { HostConfig } from './host-config.js';
import { warnHost } from './host-warning.js';
import type { LineForm } from './line-form.js';
import { LineSplitter } from './line-splitter.js';

/** The disk may take it later. */
const PASSING: readonly unknown[] = ['AGENTLOG_IO', 'AGENTLOG_DISK_FULL', 'AGENTLOG_OVERLOADED'];
/** One of the entries can never be logged. */
const UNFIT: readonly unknown[] = ['AGENTLOG_ENTRY_INVALID', 'AGENTLOG_ENTRY_TOO_LARGE'];
const PAUSE_MS = 200;

export interface LineStreamOptions {
  readonly log: Pick<AgentLog, 'appendBatch' | 'close'>;
  readonly form: LineForm;
  readonly config: HostConfig;
}

export class LineStream extends Writable {
  readonly #options: LineStreamOptions;
  readonly #splitter = new LineSplitter();

  constructor(options: LineStreamOptions) {
    super({ highWaterMark: 1 });
    this.#options = options;
  }

  /** What comes while something is under way is written together. */
  override _writev(pieces: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#append(pieces.flatMap(({ chunk }) => this.#splitter.take(chunk))).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#append(this.#splitter.end()).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#options.log.close().then(
      () => done(error),
      (problem) => done(error ?? problem),
    );
  }

  async #append(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const { form, config } = this.#options;
    await config.settled();
    try {
      await this.#insist(lines.map((line) => form.entryOf(line)));
    } catch (error) {
      if (!UNFIT.includes(codeOf(error))) throw error;
      await this.#insist(this.#fitting(lines));
    }
  }

  /** Resolves when all are on disk, however often that must be tried. */
  async #insist(entries: readonly Entry[]): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await this.#options.log.appendBatch(entries);
        return;
      } catch (error) {
        if (!PASSING.includes(codeOf(error))) throw error;
        if (tries === 0) warnHost('AGENTLOG_STORAGE', 'what pino logs waits until the disk takes it', error);
      }
      await setTimeout(PAUSE_MS);
    }
  }

  #fitting(lines: readonly string[]): Entry[] {
    return lines.flatMap((line) => {
      try {
        return [this.#options.form.fittingEntryOf(line)];
      } catch (error) {
        warnHost('AGENTLOG_WRITE_DROPPED', `a line of ${line.length} characters was not logged`, error);
        return [];
      }
    });
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}
