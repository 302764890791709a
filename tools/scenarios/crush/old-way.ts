/**
 * crush before charmbracelet/crush#2690: a message is a row whose parts are one JSON text, which is written again as a whole with
 * each delta. Every sub-agent has a connection of its own out of an unlimited pool: WAL, synchronous=NORMAL, 30 s of patience,
 * secure_delete, and triggers that stamp the row and count in its session.
 */
import type { Found } from '../ledger.js';
import { type OldWay, openFile } from '../old-way.js';
import type { Store } from '../store.js';

const BUSY_MS = 30_000;

interface Message {
  readonly id: string;
  readonly parts: string;
}

export const crushsWay: OldWay = {
  file: 'crush.db',
  schema: `
    CREATE TABLE sessions (id TEXT PRIMARY KEY, message_count INTEGER NOT NULL DEFAULT 0, updated_at INTEGER);
    CREATE TABLE messages (
      id TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE, role TEXT NOT NULL,
      parts TEXT NOT NULL DEFAULT '[]', created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
    );
    CREATE INDEX messages_of_session ON messages (session_id);
    CREATE TRIGGER stamp_session AFTER UPDATE ON sessions BEGIN
      UPDATE sessions SET updated_at = unixepoch() WHERE id = new.id;
    END;
    CREATE TRIGGER stamp_message AFTER UPDATE ON messages BEGIN
      UPDATE messages SET updated_at = unixepoch() WHERE id = new.id;
    END;
    CREATE TRIGGER count_message AFTER INSERT ON messages BEGIN
      UPDATE sessions SET message_count = message_count + 1 WHERE id = new.session_id;
    END;`,
  *read(database): Iterable<Found> {
    for (const { id, parts } of database.prepare('SELECT id, parts FROM messages').all() as Message[])
      for (const text of textIn(parts).split(/(?<=\n)/)) yield { id, text };
  },
};

/** Of one sub-agent, whose deltas of one message come in a row. */
export function openAsCrush(directory: string): Store {
  const database = openFile(directory, crushsWay.file, BUSY_MS);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.pragma('cache_size = -8000');
  database.pragma('secure_delete = ON');
  database.pragma('foreign_keys = ON');
  const session = database.prepare('INSERT OR IGNORE INTO sessions (id, updated_at) VALUES (?, unixepoch())');
  const insert = database.prepare(
    `INSERT INTO messages VALUES (?, ?, 'assistant', ?, unixepoch(), unixepoch())`,
  );
  const update = database.prepare('UPDATE messages SET parts = ?, updated_at = unixepoch() WHERE id = ?');
  let current = '';
  let content = '';
  return {
    append: async ({ by, task, text }) => {
      if (task === current) {
        content += text;
        update.run(partsOf(content), task);
      } else {
        [current, content] = [task, text];
        session.run(by);
        insert.run(task, by, partsOf(content));
      }
      return task;
    },
    close: async () => void database.close(),
  };
}

function partsOf(text: string): string {
  return JSON.stringify([{ type: 'text', data: { text } }]);
}

/** What is no message any more is a text of nobody, and costs no other message. */
function textIn(parts: string): string {
  try {
    return (JSON.parse(parts) as [{ data: { text: string } }])[0].data.text;
  } catch {
    return parts;
  }
}
