/**
 * The log as a table that every entry is inserted into, durably: WAL with synchronous=FULL syncs each commit. The
 * checkpoints are SQLite's own, every 1000 pages.
 */
import { join } from 'node:path';
import { betterSqlite3, type SqliteDriver } from '../../../src/db/better-sqlite3.js';
import type { Entry } from '../../../src/entry.js';
import { type Contender, ENTRIES, inTurn } from './contender.js';

const SCHEMA = `
  CREATE TABLE agentLogEntries (
    id INTEGER PRIMARY KEY, taskId TEXT NOT NULL, timestamp INTEGER NOT NULL, type TEXT NOT NULL, agent TEXT,
    text TEXT NOT NULL, detail TEXT
  );
  CREATE INDEX agentLogEntriesByTask ON agentLogEntries (taskId);`;
/** Enough for the first checkpoint, from which on the WAL is overwritten and no longer grows. */
const PRIMING = 10_000;
const BUSY_MS = 120_000;

const fileIn = (directory: string) => join(directory, 'entries.sqlite');

export interface Table {
  readonly database: InstanceType<SqliteDriver>;
  readonly insert: (entry: Entry) => void;
}

export function openTable(directory: string, schema = ''): Table {
  const database = new (betterSqlite3())(fileIn(directory), { timeout: BUSY_MS });
  if (database.pragma('journal_mode = WAL', { simple: true }) !== 'wal') throw new Error('WAL is refused');
  database.pragma('synchronous = FULL');
  database.exec(schema);
  const statement = database.prepare(
    'INSERT INTO agentLogEntries (taskId, timestamp, type, agent, text, detail) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const insert = ({ taskId, timestamp, type, agent, text, detail }: Entry) => {
    const json = detail === undefined ? null : JSON.stringify(detail);
    statement.run(taskId, timestamp ?? Date.now(), type, agent ?? null, text, json);
  };
  return { database, insert };
}

export function createEmptyTable(directory: string): Table {
  return openTable(directory, SCHEMA);
}

/** The table in files of the size that they keep as long as it is open: the last to close it removes the WAL. */
export function createTable(directory: string): Table {
  const table = createEmptyTable(directory);
  table.database.transaction(() => {
    for (let i = 0; i < PRIMING; i++) table.insert(ENTRIES[i % ENTRIES.length]!);
  })();
  return table;
}

/** better-sqlite3 is synchronous: however many callers there are, they come one after the other. */
export const sqliteAutocommit: Contender = {
  name: 'SQLite, autocommit',
  open(directory) {
    const { database, insert } = createTable(directory);
    return { append: inTurn(insert), close: () => void database.close() };
  },
};

export function sqliteTransactions(entriesEach: number): Contender {
  return {
    name: `SQLite, ${entriesEach} a transaction`,
    open(directory) {
      const { database, insert } = createTable(directory);
      let next = 0;
      const transaction = database.transaction(() => {
        for (let i = 0; i < entriesEach; i++) insert(ENTRIES[next++ % ENTRIES.length]!);
      });
      return {
        append(over) {
          const first = next;
          while (!over()) transaction();
          return next - first;
        },
        close: () => void database.close(),
      };
    },
  };
}
