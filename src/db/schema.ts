/** The tables. People open this file with tools of their own, so names and units are those of the API. */
import { AgentLogError } from '../errors.js';
import { betterSqlite3, type Connection } from './better-sqlite3.js';
import { damage } from './damage.js';

/** In `agentLogMeta`: how the database was made anew. */
export const HEALED = 'healed';

/**
 * Counted in `user_version`. Each step leads from its index to the next version, in one transaction, and changes what the
 * tables are: a version that they do not bear out is taken for a changed bit.
 */
const STEPS: readonly string[] = [
  `
  CREATE TABLE agentLogEntries (
    id INTEGER PRIMARY KEY,
    taskId TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    type TEXT NOT NULL,
    agent TEXT,
    text TEXT NOT NULL,
    detail TEXT,
    crc INTEGER NOT NULL
  ) STRICT;
  -- In the order of the ids, so that the last entries of a task need no sort; and the type is found without the row.
  CREATE INDEX agentLogEntriesByTask ON agentLogEntries (taskId, id, type);

  CREATE TABLE agentLogTasks (
    taskId TEXT NOT NULL,
    type TEXT NOT NULL,
    entries INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    lastId INTEGER NOT NULL,
    lastTimestamp INTEGER NOT NULL,
    PRIMARY KEY (taskId, type)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE agentLogSegments (
    segmentId TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    slot INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    firstId INTEGER,
    lastId INTEGER,
    ingestedAt INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- The last id that came in, of each slot.
  CREATE TABLE agentLogSlots (slot INTEGER PRIMARY KEY, lastId INTEGER NOT NULL) STRICT;

  -- taskId is null for all tasks, "before" for all times.
  CREATE TABLE agentLogDeletes (
    taskId TEXT,
    slot INTEGER NOT NULL,
    upToId INTEGER NOT NULL,
    before INTEGER,
    crc INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX agentLogDeletesByTask ON agentLogDeletes (taskId, slot);

  CREATE TABLE agentLogDamage (
    segmentId TEXT NOT NULL,
    name TEXT NOT NULL,
    foundAt INTEGER NOT NULL,
    holes INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    unsaved INTEGER NOT NULL,
    reason TEXT NOT NULL
  ) STRICT;

  CREATE TABLE agentLogMeta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
  `,
];

const VERSION = STEPS.length;
const TABLES = STEPS.flatMap((step) =>
  [...step.matchAll(/CREATE (?:TABLE|INDEX) (\w+)/g)].map(([, name]) => name!),
);

/** Brings the database to this program's version. By the one who writes, and by nobody else. */
export function migrate(db: Connection, path: string): void {
  if (checkVersionOf(db, path) === VERSION) return;
  db.transaction(() => {
    for (const step of STEPS.slice(checkVersionOf(db, path))) db.exec(step);
    db.pragma(`user_version = ${VERSION}`);
  }).immediate();
}

/** Throws when it is not a database of a store any more: it had all its tables before it got its name. */
export function checkTables(db: Connection, path: string): void {
  if (checkVersionOf(db, path) === 0) throw damage('it is empty');
  const made = db.prepare('SELECT name FROM sqlite_schema').pluck().all() as string[];
  const missing = TABLES.filter((name) => !made.includes(name));
  if (missing.length > 0) throw damage(`it has no ${missing.join(', ')}`);
}

/** 0 when nothing is in it yet. */
export function checkVersionOf(db: Connection, path: string): number {
  const version = versionOf(db);
  if (version < 0) throw damage(`its version is ${version}`);
  if (version <= VERSION) return version;
  throw newerVersion(path, version);
}

/** Whether a newer agentlog has made the tables: of one that only says so the tables are those of this version. */
export function isNewer(db: Connection): boolean {
  if (versionOf(db) <= VERSION) return false;
  const ours = new (betterSqlite3())(':memory:');
  try {
    for (const step of STEPS) ours.exec(step);
    return shapeOf(db) !== shapeOf(ours);
  } finally {
    ours.close();
  }
}

export function newerVersion(path: string, version?: number): AgentLogError {
  const which = version === undefined ? 'a newer version' : `version ${version}`;
  return new AgentLogError(
    'AGENTLOG_FORMAT',
    `${path} has tables of ${which}, and this agentlog knows version ${VERSION}`,
  );
}

function versionOf(db: Connection): number {
  return db.pragma('user_version', { simple: true }) as number;
}

function shapeOf(db: Connection): string {
  const sql = `
    SELECT name, sql FROM sqlite_schema
    WHERE name LIKE 'agentLog%' AND name NOT LIKE 'agentLogSearch%' ORDER BY name`;
  return JSON.stringify(db.prepare(sql).raw().all());
}
