/** Brings what sources have into a store, in batches that each end with marks of how far they go. */
import type { AgentLog } from '../../../src/api.js';
import { checkEntry, type Entry } from '../../../src/entry.js';
import { AgentLogError } from '../../../src/errors.js';
import { CliError } from '../errors.js';
import { type Mark, Marks } from './marks.js';
import type { Piece, Problem, Source } from './source.js';

/** A batch is written while the next one is read. */
const BATCH_ENTRIES = 10_000;
const BATCH_CHARACTERS = 4 * 1024 * 1024;
/** As the options of a store have it, when nothing is said. */
const MOST_ENTRY_BYTES = 16 * 1024 * 1024;

export interface ImporterReports {
  problem(problem: Problem): void;
  /** So much of all sources was read, and so many entries are on disk. */
  progress(part: number, entries: number): void;
}

export class Importer {
  /** That are on disk, of this run and of earlier ones. */
  entries = 0;
  entriesBefore = 0;
  skipped = 0;
  skippedBefore = 0;
  readonly #log: AgentLog;
  readonly #marks: Marks;
  readonly #reports: ImporterReports;
  #batch = new Batch();
  #written: Promise<void> = Promise.resolve();

  private constructor(log: AgentLog, marks: Marks, reports: ImporterReports) {
    this.#log = log;
    this.#marks = marks;
    this.#reports = reports;
  }

  static async of(log: AgentLog, reports: ImporterReports): Promise<Importer> {
    return new Importer(log, await Marks.read(log), reports);
  }

  async run(sources: readonly Source[], signal: AbortSignal): Promise<void> {
    const size = sources.reduce((sum, source) => sum + source.size, 0);
    let before = 0;
    try {
      for (const source of sources) {
        await this.#import(source, signal, (done) => {
          this.#reports.progress(size === 0 ? 0 : (before + done) / size, this.entries);
        });
        before += source.size;
      }
      await this.#write();
    } finally {
      // What is on its way ends well or not, whatever has become of the rest.
      await this.#written;
    }
    await this.#marks.prune();
  }

  async #import(source: Source, signal: AbortSignal, progress: (done: number) => void): Promise<void> {
    const begun = this.#begun(source);
    this.entriesBefore += begun?.entries ?? 0;
    this.skippedBefore += begun?.skipped ?? 0;
    let [entries, skipped] = [begun?.entries ?? 0, begun?.skipped ?? 0];
    for (const piece of source.pieces(begun?.position)) {
      const { good, bad } = sift(source, piece);
      for (const problem of [...piece.problems, ...bad]) this.#reports.problem(problem);
      entries += good.length;
      const left = [...piece.problems, ...bad].reduce((sum, problem) => sum + (problem.entries ?? 0), 0);
      skipped += left;
      this.skipped += left;
      const { key, mapping } = source;
      this.#batch.add(good, { source: key, mapping, position: piece.position, entries, skipped });
      if (this.#batch.isFull) await this.#write();
      progress(piece.done);
      // Whatever wants to be done meanwhile is done here: Ctrl-C, and what the log has to do.
      await new Promise(setImmediate);
      signal.throwIfAborted();
    }
  }

  /** Where an earlier run has ended. One that could make nothing of a source was none. */
  #begun({ key, name, mapping }: Source): Mark | undefined {
    const mark = this.#marks.of(key);
    if (mark === undefined || mark.entries === 0) return undefined;
    if (mark.mapping === mapping) return mark;
    throw new CliError(
      `${name} was imported with another mapping (${mark.mapping || 'none'}), and an entry is imported once: go on with that one, or import all of it into another store`,
    );
  }

  /** Resolves when the batch before is on disk. Never two at once: of the first one nothing may be missing. */
  async #write(): Promise<void> {
    const batch = this.#batch;
    this.#batch = new Batch();
    await this.#written;
    if (batch.marks.size === 0) return;
    this.#written = this.#append(batch);
    // It is waited for later.
    this.#written.catch(() => undefined);
  }

  async #append({ entries, marks }: Batch): Promise<void> {
    await this.#log.appendBatch([...entries, ...this.#marks.entriesFor(marks.values())]);
    this.#marks.keep(marks.values());
    this.entries += entries.length;
  }
}

class Batch {
  readonly entries: Entry[] = [];
  /** The last one of each source. */
  readonly marks = new Map<string, Mark>();
  #characters = 0;

  add(entries: readonly Entry[], mark: Mark): void {
    for (const entry of entries) {
      this.entries.push(entry);
      this.#characters += entry.text.length;
    }
    this.marks.set(mark.source, mark);
  }

  get isFull(): boolean {
    return this.entries.length >= BATCH_ENTRIES || this.#characters >= BATCH_CHARACTERS;
  }
}

/** What the store will not take must not take the others with it. */
function sift(source: Source, { entries, numbers }: Piece): { good: readonly Entry[]; bad: Problem[] } {
  const bad: Problem[] = [];
  const good = entries.filter((entry, i) => {
    try {
      checkEntry(entry, 0, MOST_ENTRY_BYTES);
      return true;
    } catch (error) {
      if (!(error instanceof AgentLogError)) throw error;
      bad.push({ where: source.place(numbers[i]!), what: error.message, entries: 1 });
      return false;
    }
  });
  return { good, bad };
}
