/** What is there of the other side when its processes are gone: one SQLite file. */
import { join } from 'node:path';
import { betterSqlite3, type Connection } from '../../src/db/better-sqlite3.js';
import type { Found } from './ledger.js';

export interface OldWay {
  readonly file: string;
  /** Makes the tables. */
  readonly schema: string;
  read(database: Connection): Iterable<Found>;
}

export function openFile(directory: string, file: string, busyMs: number): Connection {
  return new (betterSqlite3())(join(directory, file), { timeout: busyMs });
}

/** Nobody has it open yet. */
export function prepare(directory: string, { file, schema }: OldWay): void {
  const database = openFile(directory, file, 0);
  database.pragma('journal_mode = WAL');
  database.exec(schema);
  database.close();
}

/** Everything that can be read, and what SQLite's own check says. Nobody has it open any more. */
export function judgeFile(directory: string, { file, read }: OldWay): { found: Found[]; problems: string[] } {
  const problems: string[] = [];
  const found: Found[] = [];
  try {
    const database = openFile(directory, file, 0);
    try {
      const said = database.pragma('integrity_check', { simple: true });
      if (said !== 'ok') problems.push(`integrity_check: ${said}`);
      for (const one of read(database)) found.push(one);
    } finally {
      database.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    problems.push(`${code ?? 'error'}: ${message}`);
  }
  return { found, problems };
}
