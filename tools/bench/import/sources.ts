/** The same entries as Fusion has kept them in its table, and in its files. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { betterSqlite3 } from '../../../src/db/better-sqlite3.js';
import { sampleEntries } from '../sample.js';

const STEP = 10_000;

export function makeSources(directory: string, entries: number): { database: string; lines: string } {
  const database = join(directory, 'fusion.db');
  const lines = join(directory, 'tasks', 'FN-1', 'agent-log.jsonl');
  mkdirSync(dirname(lines), { recursive: true });
  const sample = sampleEntries(STEP).map(({ timestamp, detail, ...entry }) => ({
    timestamp: new Date(timestamp!).toISOString(),
    ...entry,
    ...(detail !== undefined && { detail: JSON.stringify(detail) }),
  }));
  const db = new (betterSqlite3())(database);
  db.exec(
    'CREATE TABLE agentLogEntries (id INTEGER PRIMARY KEY AUTOINCREMENT, taskId TEXT NOT NULL, timestamp TEXT NOT NULL, text TEXT NOT NULL, type TEXT NOT NULL, detail TEXT, agent TEXT)',
  );
  const insert = db.prepare(
    'INSERT INTO agentLogEntries (taskId, timestamp, text, type, detail, agent) VALUES (@taskId, @timestamp, @text, @type, @detail, @agent)',
  );
  const fd = openSync(lines, 'w');
  const text = sample.map((entry) => `${JSON.stringify(entry)}\n`).join('');
  for (let made = 0; made < entries; made += STEP) {
    db.transaction(() => {
      for (const entry of sample) insert.run({ detail: null, ...entry });
    })();
    writeSync(fd, text);
  }
  closeSync(fd);
  db.close();
  return { database, lines };
}
