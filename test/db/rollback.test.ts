/** What a power cut leaves of a change to a database that has a journal and no log: the journal has to be rolled back. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { betterSqlite3 } from '../../src/db/better-sqlite3.js';
import { openForReading } from '../../src/db/connection.js';
import { storePath } from '../crash/support/stores.js';

test('whoever reads first sees what was there before the change', () => {
  const directory = storePath();
  mkdirSync(directory);
  const [path, left] = [join(directory, 'rows.db'), join(directory, 'left.db')];
  const db = new (betterSqlite3())(path);
  db.pragma('journal_mode = DELETE');
  db.exec("CREATE TABLE t (text); INSERT INTO t VALUES ('before')");
  // Too large for its cache, so the file is changed before the commit.
  db.pragma('cache_size = 1');
  db.exec('BEGIN');
  const insert = db.prepare('INSERT INTO t VALUES (?)');
  for (let n = 0; n < 100; n++) insert.run('x'.repeat(4000));
  for (const ending of ['', '-journal']) copyFileSync(`${path}${ending}`, `${left}${ending}`);
  db.exec('ROLLBACK');
  db.close();

  const reader = openForReading(left);
  expect(reader.prepare('SELECT text FROM t').pluck().all()).toEqual(['before']);
  reader.close();
});
