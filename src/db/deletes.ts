/**
 * Which entries were deleted: for a task or for all, for each slot up to the id that the deleter saw, and for a prune
 * by time. Kept for good, so that a segment that is ingested later, or again, brings nothing back.
 */

import { type Bound, type Deletable, type Deletion, isWithin, slotOf } from '../deletion.js';
import type { Connection, Statement } from './better-sqlite3.js';
import { damage } from './damage.js';
import { deletionCrc } from './row.js';

const COLUMNS = 'taskId, slot, upToId >> 32 AS high, upToId & 0xffffffff AS low, before, crc';

interface Remembered extends Bound {
  readonly taskId: string | null;
  readonly slot: number;
  readonly crc: number;
}

export class Deletes {
  readonly #select: Statement;
  readonly #all: Statement;
  readonly #isCovered: Statement;
  readonly #dropCovered: Statement;
  readonly #insert: Statement;
  /** Of the tasks that were asked about; valid as long as nobody else writes. */
  readonly #known = new Map<string | null, readonly Bound[]>();

  constructor(db: Connection) {
    this.#select = db.prepare(`SELECT ${COLUMNS} FROM agentLogDeletes WHERE taskId IS ?`);
    this.#all = db.prepare(`SELECT ${COLUMNS} FROM agentLogDeletes`);
    // A bound that another one includes says nothing. Of two times the later one includes the other, and no time both.
    this.#isCovered = db.prepare(`
      SELECT 1 FROM agentLogDeletes WHERE taskId IS @taskId AND slot = @slot
        AND upToId >= (@high << 32) | @low AND (before IS NULL OR before >= @before)`);
    this.#dropCovered = db.prepare(`
      DELETE FROM agentLogDeletes WHERE taskId IS @taskId AND slot = @slot
        AND upToId <= (@high << 32) | @low AND (@before IS NULL OR before <= @before)`);
    this.#insert = db.prepare(`
      INSERT INTO agentLogDeletes (taskId, slot, upToId, before, crc)
      VALUES (@taskId, @slot, (@high << 32) | @low, @before, @crc)`);
  }

  covers(row: Deletable): boolean {
    return (
      this.#of(row.taskId).some((bound) => isWithin(row, bound)) ||
      this.#of(null).some((bound) => isWithin(row, bound))
    );
  }

  /** Those that say what was written, and how many do not. */
  read(): { readonly sound: readonly Deletion[]; readonly damaged: number } {
    const all = this.#all.all() as Remembered[];
    const sound = all.filter(isSound);
    return { sound: sound.map(deletionOf), damaged: all.length - sound.length };
  }

  all(): readonly Deletion[] {
    const { sound, damaged } = this.read();
    if (damaged > 0) throw notWhatWasWritten();
    return sound;
  }

  add({ taskId, before, upTo }: Deletion): void {
    // Throws when one of these could seem to include it that is not what was written.
    this.#of(taskId);
    for (const { high, low } of upTo) {
      const bound = { taskId, before, slot: slotOf(low), high, low };
      const crc = deletionCrc(taskId, bound);
      if (this.#isCovered.get(bound) !== undefined) continue;
      this.#dropCovered.run(bound);
      this.#insert.run({ ...bound, crc });
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
      const found = this.#select.all(taskId) as Remembered[];
      if (!found.every(isSound)) throw notWhatWasWritten();
      bounds = found;
      this.#known.set(taskId, bounds);
    }
    return bounds;
  }
}

/** By its checksum, and by its slot: that is searched for. A changed bit can make another kind of value than a column takes. */
function isSound(one: Remembered): boolean {
  const { taskId, slot, low, before, crc } = one;
  if (taskId !== null && typeof taskId !== 'string') return false;
  if (before !== null && typeof before !== 'number') return false;
  return low !== null && slot === slotOf(low) && crc === deletionCrc(taskId, one);
}

function deletionOf({ taskId, before, high, low }: Remembered): Deletion {
  return { taskId, before, upTo: [{ high, low }] };
}

function notWhatWasWritten(): Error {
  return damage('what it says was deleted is not what was written');
}
