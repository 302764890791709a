/** Removes the rows that a deletion names, with all that is kept about them. */
import type { Deletion } from '../deletion.js';

import type { Connection, Statement } from './better-sqlite3.js';
import type { Counters } from './counters.js';
import type { FullText } from './full-text.js';

/** What an erasure notes down, seen by this connection only. Before anything is prepared that reads it. */
export function makeNotes(db: Connection): void {
  db.exec(`
    CREATE TEMP TABLE eraseUpTo (slot INTEGER PRIMARY KEY, upToId INTEGER NOT NULL);
    CREATE TEMP TABLE doomed (id INTEGER PRIMARY KEY)`);
}

export class Erasure {
  readonly #counters: Counters;
  readonly #fullText: FullText;
  readonly #bounds: Statement;
  readonly #doomTask: Statement;
  readonly #doomAll: Statement;
  readonly #sums: Statement;
  readonly #delete: Statement;
  readonly #clear: () => void;

  constructor(db: Connection, counters: Counters, fullText: FullText) {
    this.#counters = counters;
    this.#fullText = fullText;
    // A deletion that names a slot twice means the later id.
    this.#bounds = db.prepare(`
      INSERT INTO eraseUpTo VALUES (@low & 1023, (@high << 32) | @low)
      ON CONFLICT (slot) DO UPDATE SET upToId = max(upToId, excluded.upToId)`);
    // A slot that is not listed gives null, which is below nothing.
    const doom = (where: string) =>
      db.prepare(`
        INSERT INTO doomed SELECT id FROM agentLogEntries
        WHERE ${where} AND id <= (SELECT max(upToId) FROM eraseUpTo)
          AND id <= (SELECT upToId FROM eraseUpTo WHERE slot = id & 1023)
          AND (@before IS NULL OR timestamp < @before)
        LIMIT @most`);
    this.#doomTask = doom('taskId = @taskId');
    this.#doomAll = doom('@taskId IS NULL');
    this.#sums = db.prepare(`
      SELECT taskId, type, count(*) AS entries, sum(octet_length(taskId) + octet_length(type) + octet_length(text)
        + ifnull(octet_length(agent), 0) + ifnull(octet_length(detail), 0)) AS bytes
      FROM agentLogEntries WHERE id IN (SELECT id FROM doomed) GROUP BY taskId, type`);
    this.#delete = db.prepare('DELETE FROM agentLogEntries WHERE id IN (SELECT id FROM doomed)');
    this.#clear = () => db.exec('DELETE FROM eraseUpTo; DELETE FROM doomed');
  }

  /** Inside a transaction. At most `most` rows; returns how many. */
  erase({ taskId, before, upTo }: Deletion, most: number): number {
    this.#counters.write();
    this.#clear();
    for (const bound of upTo) this.#bounds.run(bound);
    const { changes } = (taskId === null ? this.#doomAll : this.#doomTask).run({ taskId, before, most });
    if (changes > 0) {
      const sums = this.#sums.all();
      this.#fullText.removeDoomed();
      this.#delete.run();
      this.#counters.removed(sums as never);
    }
    this.#clear();
    return changes;
  }
}
