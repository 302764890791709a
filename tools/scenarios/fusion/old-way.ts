/**
 * Fusion 0.13.0 (Runfusion/Fusion#24): the table, its two indexes and the foreign key, one INSERT that commits itself for each
 * entry, a connection for each process, WAL with what SQLite does by itself: synchronous=FULL, a checkpoint every 1000 pages.
 * Whether that version already waited for locks is not known; here it waits five seconds, as later ones do.
 */
import type { Found } from '../ledger.js';
import { type OldWay, openFile } from '../old-way.js';
import type { Store } from '../store.js';
import { AGENTS, taskOf } from './agents.js';

const BUSY_MS = 5000;

export const fusionsWay: OldWay = {
  file: 'fusion.db',
  schema: `
    CREATE TABLE tasks (id TEXT PRIMARY KEY);
    CREATE TABLE agentLogEntries (
      id INTEGER PRIMARY KEY AUTOINCREMENT, taskId TEXT NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
      timestamp TEXT NOT NULL, text TEXT NOT NULL, type TEXT NOT NULL, detail TEXT, agent TEXT
    );
    CREATE INDEX byTaskAndTime ON agentLogEntries (taskId, timestamp);
    CREATE INDEX byTaskAndType ON agentLogEntries (taskId, type);
    INSERT INTO tasks VALUES ${Array.from({ length: AGENTS }, (_, agent) => `('${taskOf(agent)}')`)};`,
  read: (database) =>
    database.prepare('SELECT CAST(id AS TEXT) AS id, text FROM agentLogEntries').all() as Found[],
};

export function openAsFusion(directory: string): Store {
  const database = openFile(directory, fusionsWay.file, BUSY_MS);
  database.pragma('journal_mode = WAL');
  // better-sqlite3 was built with less.
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  const insert = database.prepare(
    'INSERT INTO agentLogEntries (taskId, timestamp, text, type, detail, agent) VALUES (?, ?, ?, ?, NULL, ?)',
  );
  return {
    append: async ({ by, task, type, text }) =>
      String(insert.run(task, new Date().toISOString(), text, type, by).lastInsertRowid),
    close: async () => void database.close(),
  };
}
