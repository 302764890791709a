/**
 * The message store of hermes-agent 0.14 (NousResearch/hermes-agent#30636): messages with a counter in their session, indexed by
 * word and by trigram in triggers, BEGIN IMMEDIATE, a second of SQLite's patience and up to 15 tries 20 to 150 ms apart, a
 * checkpoint (PASSIVE) every 50 writes and at the end whose failures are swallowed. synchronous is what Python's SQLite has: FULL.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../../../src/db/better-sqlite3.js';
import type { Found } from '../ledger.js';
import { type OldWay, openFile } from '../old-way.js';
import type { Piece } from '../pieces.js';
import { say } from '../program.js';
import type { Store } from '../store.js';

const BUSY_MS = 1000;
const MOST_TRIES = 15;
const CHECKPOINT_EACH = 50;

export const gatewaysWay: OldWay = {
  file: 'state.db',
  schema: `
    CREATE TABLE sessions (id TEXT PRIMARY KEY, source TEXT NOT NULL, message_count INTEGER NOT NULL DEFAULT 0);
    CREATE TABLE messages (
      id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL REFERENCES sessions (id), role TEXT NOT NULL,
      content TEXT, tool_name TEXT, tool_calls TEXT, timestamp REAL NOT NULL
    );
    CREATE INDEX messages_of_session ON messages (session_id, timestamp);
    CREATE VIRTUAL TABLE words USING fts5 (content);
    CREATE VIRTUAL TABLE trigrams USING fts5 (content, tokenize = 'trigram');
    CREATE TRIGGER index_words AFTER INSERT ON messages BEGIN
      INSERT INTO words (rowid, content) VALUES (new.id, new.content);
    END;
    CREATE TRIGGER index_trigrams AFTER INSERT ON messages BEGIN
      INSERT INTO trigrams (rowid, content) VALUES (new.id, new.content);
    END;`,
  read: (database) =>
    database.prepare('SELECT CAST(id AS TEXT) AS id, content AS text FROM messages').all() as Found[],
};

export function openAsGateway(directory: string): Store {
  const database = openForMessages(directory);
  const session = database.prepare(
    `INSERT INTO sessions (id, source, message_count) VALUES (?, 'telegram', 1)
     ON CONFLICT (id) DO UPDATE SET message_count = message_count + 1`,
  );
  const message = database.prepare(
    'INSERT INTO messages (session_id, role, content, timestamp) VALUES (?, ?, ?, ?)',
  );
  const { immediate } = database.transaction(({ task, type, text }: Piece) => {
    session.run(task);
    return String(message.run(task, type, text, Date.now() / 1000).lastInsertRowid);
  });
  let writes = 0;
  return {
    append: async (piece) => {
      const id = await triedAgain(() => immediate(piece));
      if (++writes % CHECKPOINT_EACH === 0) checkpoint(database);
      return id;
    },
    close: async () => {
      checkpoint(database);
      database.close();
    },
  };
}

export function openForMessages(directory: string): Connection {
  const database = openFile(directory, gatewaysWay.file, BUSY_MS);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  return database;
}

async function triedAgain<T>(write: () => T): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return write();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'SQLITE_BUSY' || tries === MOST_TRIES) throw error;
      say({ livedWith: code });
      await delay(20 + Math.random() * 130);
    }
  }
}

function checkpoint(database: Connection): void {
  try {
    database.pragma('wal_checkpoint(PASSIVE)');
  } catch (error) {
    say({ livedWith: `${(error as NodeJS.ErrnoException).code} in a checkpoint` });
  }
}
