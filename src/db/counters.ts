/** How many entries each task has of each type, kept in step with the rows by the transaction that changes them. */
import type { Row } from '../destination.js';
import type { Connection, Statement } from './better-sqlite3.js';
import { textBytes } from './row.js';

interface Added {
  readonly taskId: string;
  readonly type: string;
  entries: number;
  bytes: number;
  lastHigh: number;
  lastLow: number;
  lastTimestamp: number;
}

interface Removed {
  readonly taskId: string;
  readonly type: string;
  readonly entries: number;
  readonly bytes: number;
}

export class Counters {
  readonly #add: Statement;
  readonly #subtract: Statement;
  readonly #removeEmpty: Statement;
  readonly #findLast: Statement;
  /** By task and type; added to the table at the end of a transaction, as a task's entries come in crowds. */
  #added = new Map<string, Map<string, Added>>();

  constructor(db: Connection) {
    this.#add = db.prepare(`
      INSERT INTO agentLogTasks (taskId, type, entries, bytes, lastId, lastTimestamp)
      VALUES (?, ?, ?, ?, (? << 32) | ?, ?)
      ON CONFLICT (taskId, type) DO UPDATE SET
        entries = entries + excluded.entries,
        bytes = bytes + excluded.bytes,
        lastTimestamp = iif(excluded.lastId > lastId, excluded.lastTimestamp, lastTimestamp),
        lastId = max(lastId, excluded.lastId)`);
    this.#subtract = db.prepare(
      'UPDATE agentLogTasks SET entries = entries - @entries, bytes = bytes - @bytes WHERE taskId = @taskId AND type = @type',
    );
    this.#removeEmpty = db.prepare(
      'DELETE FROM agentLogTasks WHERE taskId = @taskId AND type = @type AND entries = 0',
    );
    this.#findLast = db.prepare(`
      UPDATE agentLogTasks SET (lastId, lastTimestamp) = (
        SELECT id, timestamp FROM agentLogEntries
        WHERE taskId = @taskId AND type = @type ORDER BY id DESC LIMIT 1)
      WHERE taskId = @taskId AND type = @type
        AND NOT EXISTS (SELECT 1 FROM agentLogEntries WHERE id = lastId)`);
  }

  added(row: Row): void {
    const { taskId, type, idHigh, idLow, timestamp } = row;
    let types = this.#added.get(taskId);
    if (types === undefined) {
      types = new Map();
      this.#added.set(taskId, types);
    }
    let sum = types.get(type);
    if (sum === undefined) {
      sum = { taskId, type, entries: 0, bytes: 0, lastHigh: -1, lastLow: 0, lastTimestamp: 0 };
      types.set(type, sum);
    }
    sum.entries++;
    sum.bytes += textBytes(row);
    if (idHigh > sum.lastHigh || (idHigh === sum.lastHigh && idLow > sum.lastLow)) {
      sum.lastHigh = idHigh;
      sum.lastLow = idLow;
      sum.lastTimestamp = timestamp;
    }
  }

  /** Before anything else looks at the table, and before the end of the transaction. */
  write(): void {
    for (const types of this.#added.values()) {
      for (const { taskId, type, entries, bytes, lastHigh, lastLow, lastTimestamp } of types.values())
        this.#add.run(taskId, type, entries, bytes, lastHigh, lastLow, lastTimestamp);
    }
    this.#added.clear();
  }

  /** Rows that are no longer there. */
  removed(sums: readonly Removed[]): void {
    for (const sum of sums) {
      const { taskId, type } = sum;
      this.#subtract.run(sum);
      this.#removeEmpty.run({ taskId, type });
      this.#findLast.run({ taskId, type });
    }
  }

  /** The transaction was rolled back. */
  forget(): void {
    this.#added.clear();
  }
}
