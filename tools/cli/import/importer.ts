/** Brings what sources have into a store, in batches that each end with marks of how far they go. */
import type { AgentLog } from '../../../src/api.js';
import { checkEntry } from '../../../src/entry.js';
import { AgentLogError } from '../../../src/errors.js';
import { CliError } from '../errors.js';
import { type Mark, Marks } from './marks.js';
import type { Piece, Problem, Source } from './source.js';

/** A batch is written while the next one is read. In larger ones entries live so long that the garbage collector moves them. */
const BATCH_ENTRIES = 1000;
const BATCH_BYTES = 1024 * 1024;
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
        try {
          await this.#import(source, signal, (done) => {
            this.#reports.progress(size === 0 ? 0 : (before + done) / size, this.entries);
          });
        } catch (error) {
          // Of several sources, one that is refused must not keep back those behind it.
          if (sources.length === 1 || !(error instanceof CliError)) throw error;
          this.#reports.problem({ where: source.name, what: error.message, entries: null });
        }
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
    const counts = { entries: begun?.entries ?? 0, skipped: begun?.skipped ?? 0 };
    this.entriesBefore += counts.entries;
    this.skippedBefore += counts.skipped;
    for (const piece of source.pieces(begun?.position)) {
      this.#batch.add({ source, piece, counts });
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
    const { parts } = this.#batch;
    this.#batch = new Batch();
    await this.#written;
    if (parts.length === 0) return;
    this.#written = this.#append(parts);
    // It is waited for later.
    this.#written.catch(() => undefined);
  }

  async #append(parts: readonly Part[]): Promise<void> {
    try {
      await this.#appendAll(parts);
    } catch (error) {
      if (!isOfEntry(error)) throw error;
      // Nothing was written. What the store will not take must not take the others with it.
      await this.#appendAll(parts.map(sifted));
    }
  }

  async #appendAll(parts: readonly Part[]): Promise<void> {
    const entries = parts.flatMap(({ piece }) => piece.entries);
    const marks = new Map<string, Mark>();
    for (const { source, piece, counts } of parts) {
      const { key, mapping } = source;
      const before = marks.get(key) ?? counts;
      marks.set(key, {
        source: key,
        mapping,
        position: piece.position,
        entries: before.entries + piece.entries.length,
        skipped: before.skipped + skippedIn(piece),
      });
    }
    await this.#log.appendBatch([...entries, ...this.#marks.entriesFor(marks.values())]);
    this.#marks.keep(marks.values());
    for (const { source, piece, counts } of parts) {
      counts.entries = marks.get(source.key)!.entries;
      counts.skipped = marks.get(source.key)!.skipped;
      this.entries += piece.entries.length;
      this.skipped += skippedIn(piece);
      for (const problem of piece.problems) this.#reports.problem(problem);
    }
  }
}

interface Counts {
  entries: number;
  skipped: number;
}

interface Part {
  readonly source: Source;
  readonly piece: Piece;
  /** Of the source, as far as it is on disk. */
  readonly counts: Counts;
}

class Batch {
  readonly parts: Part[] = [];
  #entries = 0;
  #bytes = 0;

  add(part: Part): void {
    this.parts.push(part);
    this.#entries += part.piece.entries.length + part.piece.problems.length;
    this.#bytes += part.piece.bytes;
  }

  get isFull(): boolean {
    return this.#entries >= BATCH_ENTRIES || this.#bytes >= BATCH_BYTES;
  }
}

function skippedIn({ problems }: Piece): number {
  return problems.reduce((sum, { entries }) => sum + (entries ?? 0), 0);
}

function isOfEntry(error: unknown): error is AgentLogError {
  return (
    error instanceof AgentLogError &&
    (error.code === 'AGENTLOG_ENTRY_INVALID' || error.code === 'AGENTLOG_ENTRY_TOO_LARGE')
  );
}

/** Without the entries that the store refuses. */
function sifted({ source, piece, counts }: Part): Part {
  const problems = [...piece.problems];
  const kept = piece.entries.map((entry, i) => {
    try {
      checkEntry(entry, 0, MOST_ENTRY_BYTES);
      return true;
    } catch (error) {
      if (!isOfEntry(error)) throw error;
      problems.push({ where: source.place(piece.numbers[i]!), what: error.message, entries: 1 });
      return false;
    }
  });
  const entries = piece.entries.filter((_, i) => kept[i]);
  return { source, counts, piece: { ...piece, entries, problems } };
}
