/**
 * The board of hermes-agent in June 2026 (NousResearch/hermes-agent#45525, #60510): a connection for each create, 120 s of SQLite's
 * patience, synchronous=FULL, a checkpoint every 100 pages, a task and its first event in one BEGIN IMMEDIATE. Behind each
 * commit the size of the file is held against the number of pages in its header, by a descriptor of its own that is closed again.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Found } from '../ledger.js';
import { type OldWay, openFile } from '../old-way.js';
import type { Piece } from '../pieces.js';
import type { Store } from '../store.js';

const BUSY_MS = 120_000;
/** In the header of the file. */
const PAGE_SIZE_AT = 16;
const PAGES_AT = 28;

export const kanbansWay: OldWay = {
  file: 'kanban.db',
  schema: `
    CREATE TABLE tasks (
      id TEXT PRIMARY KEY, title TEXT NOT NULL, body TEXT, assignee TEXT, status TEXT NOT NULL, priority INTEGER DEFAULT 0,
      created_by TEXT, created_at INTEGER NOT NULL
    );
    CREATE TABLE task_events (
      id INTEGER PRIMARY KEY AUTOINCREMENT, task_id TEXT NOT NULL, kind TEXT NOT NULL, payload TEXT, created_at INTEGER NOT NULL
    );
    CREATE INDEX tasks_of_assignee ON tasks (assignee, status);
    CREATE INDEX tasks_of_status ON tasks (status);
    CREATE INDEX events_of_task ON task_events (task_id, created_at);`,
  read: (database) => database.prepare('SELECT id, body AS text FROM tasks').all() as Found[],
};

export function openAsBoard(directory: string): Store {
  return { append: async (piece) => create(directory, piece), close: async () => undefined };
}

function create(directory: string, { by, text }: Piece): string {
  const database = openFile(directory, kanbansWay.file, BUSY_MS);
  try {
    if (database.pragma('journal_mode', { simple: true }) !== 'wal') database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('wal_autocheckpoint = 100');
    database.pragma('foreign_keys = ON');
    const id = `t_${randomBytes(4).toString('hex')}`;
    const now = Math.floor(Date.now() / 1000);
    database
      .transaction(() => {
        database
          .prepare(`INSERT INTO tasks VALUES (?, 'a task', ?, 'worker', 'ready', 0, ?, ?)`)
          .run(id, text, by, now);
        database
          .prepare(`INSERT INTO task_events (task_id, kind, payload, created_at) VALUES (?, 'created', ?, ?)`)
          .run(id, JSON.stringify({ assignee: 'worker', status: 'ready' }), now);
      })
      .immediate();
    checkLength(join(directory, kanbansWay.file));
    return id;
  } finally {
    database.close();
  }
}

/** With a WAL the file may be shorter than its header says, and nothing is wrong. */
function checkLength(path: string): void {
  const fd = openSync(path, 'r');
  try {
    const header = Buffer.alloc(100);
    readSync(fd, header, 0, header.length, 0);
    const pages = Math.floor(fstatSync(fd).size / header.readUInt16BE(PAGE_SIZE_AT));
    if (header.readUInt32BE(PAGES_AT) > pages)
      throw Object.assign(new Error('the file is shorter than its header says'), { code: 'FALSE_ALARM' });
  } finally {
    closeSync(fd);
  }
}
