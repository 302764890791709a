/** Databases and files as other programs leave them, and what an import made of them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import type { StoredEntry } from '../../../src/entry.js';
import { openStore } from '../../crash/support/stores.js';
import { agentlog } from './cli.js';

const FUSION_TABLE =
  'CREATE TABLE agentLogEntries (id INTEGER PRIMARY KEY AUTOINCREMENT, taskId TEXT NOT NULL, timestamp TEXT NOT NULL, text TEXT NOT NULL, type TEXT NOT NULL, detail TEXT, agent TEXT)';
const BEGIN = Date.UTC(2026, 5, 1);

export interface FusionRow {
  readonly taskId: string;
  readonly timestamp: string;
  readonly text: string;
  readonly type: string;
  readonly detail: string | null;
  readonly agent: string | null;
}

export function fusionRow(n: number): FusionRow {
  return {
    taskId: `FN-${n % 7}`,
    timestamp: new Date(BEGIN + n).toISOString(),
    text: `no ${n} ${'ö'.repeat(n % 300)}`,
    type: n % 3 === 0 ? 'tool' : 'text',
    detail: n % 5 === 0 ? JSON.stringify({ n }) : n % 5 === 1 ? 'no JSON' : null,
    agent: n % 2 === 0 ? 'executor' : null,
  };
}

/** Rows with the ids from `from` on. */
export function addFusionRows(path: string, from: number, to: number): Database.Database {
  const db = new Database(path);
  if (from === 1) db.exec(FUSION_TABLE);
  const insert = db.prepare(
    'INSERT INTO agentLogEntries (id, taskId, timestamp, text, type, detail, agent) VALUES (@id, @taskId, @timestamp, @text, @type, @detail, @agent)',
  );
  db.transaction(() => {
    for (let id = from; id <= to; id++) insert.run({ id, ...fusionRow(id) });
  })();
  return db;
}

export function fusionLines(from: number, to: number): string {
  let text = '';
  for (let n = from; n <= to; n++) {
    const { detail, agent, ...row } = fusionRow(n);
    text += `${JSON.stringify({ ...row, ...(detail && { detail }), ...(agent && { agent }), n })}\n`;
  }
  return text;
}

/** What `agentlog/fusion` gives back. */
export function asFusionEntry(id: number) {
  const { taskId, timestamp, text, type, detail, agent } = fusionRow(id);
  return {
    taskId,
    timestamp: Date.parse(timestamp),
    text,
    type,
    ...(agent !== null && { agent }),
    detail: { ...(detail !== null && { detail }), timing: { id } },
  };
}

/** All but marks. */
export async function entriesIn(store: string): Promise<Omit<StoredEntry, 'id'>[]> {
  const log = await openStore(store, { readOnly: true });
  const found: Omit<StoredEntry, 'id'>[] = [];
  for await (const { id: _, ...entry } of log.scan())
    if (entry.taskId !== 'agentlog:imports') found.push(entry);
  await log.close();
  return found;
}

export async function marksIn(store: string): Promise<number> {
  const log = await openStore(store, { readOnly: true });
  const marks = await log.count({ taskId: 'agentlog:imports' });
  await log.close();
  return marks;
}

/** Runs it with --json, and expects the exit code. */
export async function imported(code: number, ...args: string[]) {
  const ended = await agentlog(['import', ...args, '--json']);
  expect(ended.code, ended.stderr).toBe(code);
  return JSON.parse(ended.stdout);
}

/** Of every file that stands in a directory but what SQLite keeps beside a log for itself. */
export function checksums(directory: string): [string, string][] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((file) => file.isFile() && !file.name.endsWith('-shm'))
    .map(({ name }) => name)
    .sort()
    .map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(directory, name)))
        .digest('hex'),
    ]);
}
