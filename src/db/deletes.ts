/**
 * Which entries were deleted: for a task or for all, for each slot up to the id that the deleter saw, and for a prune
 * by time. Kept for good, so that a segment that is ingested later, or again, brings nothing back.
 */

import { type Bound, type Deletable, type Deletion, isWithin, slotOf } from '../deletion.js';
import type { Connection, Statement } from './better-sqlite3.js';

export class Deletes {
  readonly #select: Statement;
  readonly #all: Statement;
  readonly #isCovered: Statement;
  readonly #dropCovered: Statement;
  readonly #insert: Statement;
  /** Of the tasks that were asked about; valid as long as nobody else writes. */
  readonly #known = new Map<string | null, readonly Bound[]>();

  constructor(db: Connection) {
    this.#select = db.prepare(`
      SELECT upToId >> 32 AS high, upToId & 0xffffffff AS low, before
      FROM agentLogDeletes WHERE taskId IS ?`);
    // A changed bit can make something else of a value than the table takes, and it says nothing then.
    this.#all = db.prepare(`
      SELECT taskId, upToId >> 32 AS high, upToId & 0xffffffff AS low, before FROM agentLogDeletes
      WHERE typeof(taskId) IN ('text', 'null') AND typeof(before) IN ('integer', 'null')
        AND typeof(upToId) = 'integer' AND slot = upToId & 1023`);
    // A bound that another one includes says nothing. Of two times the later one includes the other, and no time both.
    this.#isCovered = db.prepare(`
      SELECT 1 FROM agentLogDeletes WHERE taskId IS @taskId AND slot = @slot
        AND upToId >= (@high << 32) | @low AND (before IS NULL OR before >= @before)`);
    this.#dropCovered = db.prepare(`
      DELETE FROM agentLogDeletes WHERE taskId IS @taskId AND slot = @slot
        AND upToId <= (@high << 32) | @low AND (@before IS NULL OR before <= @before)`);
    this.#insert = db.prepare(`
      INSERT INTO agentLogDeletes (taskId, slot, upToId, before)
      VALUES (@taskId, @slot, (@high << 32) | @low, @before)`);
  }

  covers(row: Deletable): boolean {
    return (
      this.#of(row.taskId).some((bound) => isWithin(row, bound)) ||
      this.#of(null).some((bound) => isWithin(row, bound))
    );
  }

  all(): Deletion[] {
    const rows = this.#all.all() as (Bound & { taskId: string | null })[];
    return rows.map(({ taskId, before, high, low }) => ({ taskId, before, upTo: [{ high, low }] }));
  }

  add({ taskId, before, upTo }: Deletion): void {
    for (const { high, low } of upTo) {
      const bound = { taskId, before, slot: slotOf(low), high, low };
      if (this.#isCovered.get(bound) !== undefined) continue;
      this.#dropCovered.run(bound);
      this.#insert.run(bound);
    }
    this.#known.delete(taskId);
  }

  /** What is in the table may have changed. */
  forget(): void {
    this.#known.clear();
  }

  #of(taskId: string | null): readonly Bound[] {
    let bounds = this.#known.get(taskId);
    if (bounds === undefined) {
      bounds = this.#select.all(taskId) as Bound[];
      this.#known.set(taskId, bounds);
    }
    return bounds;
  }
}
