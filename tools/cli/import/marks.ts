/**
 * How far each source was imported, kept among the entries: a batch is there with its marks or not at all, so what a mark
 * names is imported, once, wherever a run was ended.
 */
import type { AgentLog } from '../../../src/api.js';
import type { Entry, JsonValue } from '../../../src/entry.js';
import { counted } from '../output/numbers.js';

/** Nothing else may be in it: marks are found by it, and go by it. */
export const MARKS_TASK = 'agentlog:imports';
const MARK_TYPE = 'imported';

export interface Mark {
  readonly source: string;
  readonly mapping: string;
  readonly position: JsonValue;
  /** Of all runs. */
  readonly entries: number;
  readonly skipped: number;
}

export class Marks {
  readonly #log: AgentLog;
  readonly #last: Map<string, Mark>;
  #time: number;
  /** Marks that are there, those that later ones have taken the place of included. */
  #count: number;

  private constructor(log: AgentLog, last: Map<string, Mark>, time: number, count: number) {
    this.#log = log;
    this.#last = last;
    this.#time = time;
    this.#count = count;
  }

  static async read(log: AgentLog): Promise<Marks> {
    const last = new Map<string, { mark: Mark; time: number }>();
    let [time, count] = [0, 0];
    for await (const { timestamp, type, detail } of log.scan({ taskId: MARKS_TASK })) {
      if (type !== MARK_TYPE) continue;
      const mark = detail as unknown as Mark;
      count++;
      time = Math.max(time, timestamp);
      // By its time and not by its id: the clock may have been set back between two runs.
      if (timestamp > (last.get(mark.source)?.time ?? 0)) last.set(mark.source, { mark, time: timestamp });
    }
    return new Marks(log, new Map([...last].map(([source, { mark }]) => [source, mark])), time, count);
  }

  of(source: string): Mark | undefined {
    return this.#last.get(source);
  }

  /** Entries for the end of a batch. */
  entriesFor(marks: Iterable<Mark>): Entry[] {
    const timestamp = this.#nextTime();
    return [...marks].map((mark) => ({
      taskId: MARKS_TASK,
      type: MARK_TYPE,
      text: `${counted(mark.entries, 'entry', 'entries')} imported of ${mark.source}`,
      detail: { ...mark },
      timestamp,
    }));
  }

  /** They are on disk. */
  keep(marks: Iterable<Mark>): void {
    for (const mark of marks) {
      this.#last.set(mark.source, mark);
      this.#count++;
    }
  }

  /** One is left of each source. They are written anew before the others go, so that at each moment one is there. */
  async prune(): Promise<void> {
    if (this.#count === this.#last.size) return;
    const entries = this.entriesFor(this.#last.values());
    await this.#log.appendBatch(entries);
    await this.#log.prune({ before: entries[0]!.timestamp!, taskIds: [MARKS_TASK] });
    this.#count = this.#last.size;
  }

  /** Later than that of any mark. */
  #nextTime(): number {
    this.#time = Math.max(Date.now(), this.#time + 1);
    return this.#time;
  }
}
