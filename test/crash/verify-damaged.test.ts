/** What verify() says of databases of which the most important is missing, and that they are made anew all the same. */
import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { AgentLog } from '../../src/api.js';
import { openForReading } from '../../src/db/connection.js';
import { idsAndTexts, openAgentLog, storePath } from './support/stores.js';

const quiet = { damage: () => undefined, heal: () => undefined, warning: () => undefined };

async function openQuietly(directory: string): Promise<AgentLog> {
  const log = await openAgentLog(directory, { on: quiet });
  onTestFinished(() => log.close());
  return log;
}

/** All of it rows, and in archive/. */
async function closedStore(): Promise<{ store: string; database: string; ids: string[] }> {
  const store = storePath();
  const log = await openQuietly(store);
  const entries = Array.from({ length: 300 }, (_, n) => ({
    taskId: `t${n % 50}`,
    type: 'text',
    text: `${n} ${'x'.repeat(400)}`,
  }));
  const ids = await log.appendBatch(entries);
  await log.compact();
  await log.close();
  return { store, database: join(store, 'agent-log.db'), ids };
}

async function mend(log: AgentLog, ids: readonly string[]): Promise<void> {
  await log.rebuild();
  expect(await log.verify()).toMatchObject({ ok: true, rows: ids.length });
  expect((await idsAndTexts(log)).map(([id]) => id)).toEqual(ids);
}

test('a database that is gone', async () => {
  const { store, database, ids } = await closedStore();
  for (const ending of ['', '-wal', '-shm']) rmSync(`${database}${ending}`, { force: true });
  const log = await openQuietly(store);
  const { ok, problems } = await log.verify();
  expect(ok).toBe(false);
  expect(problems).toContainEqual(expect.objectContaining({ kind: 'database', where: database }));
  await mend(log, ids);
});

test('a database of which the ledger cannot be read', async () => {
  const { store, database, ids } = await closedStore();
  const db = openForReading(database);
  const page = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'agentLogSegments'").pluck().get();
  db.close();
  const file = openSync(database, 'r+');
  writeSync(file, Buffer.alloc(8192), 0, 8192, (Number(page) - 1) * 8192);
  closeSync(file);
  const log = await openQuietly(store);
  const { ok, problems } = await log.verify();
  expect(ok).toBe(false);
  expect(problems).toContainEqual(expect.objectContaining({ kind: 'database', where: database }));
  await mend(log, ids);
});

test('what SQLite finds wrong is mended without being asked for', async () => {
  const { store, database, ids } = await closedStore();
  const db = openForReading(database);
  const root = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'agentLogEntriesByTask'").pluck();
  const page = (Number(root.get()) - 1) * 8192;
  db.close();
  const bytes = readFileSync(database);
  // An entry of the index is missing, wherever its pages lead to: no read stumbles over that.
  bytes.writeUInt16BE(bytes.readUInt16BE(page + 3) - 1, page + 3);
  writeFileSync(database, bytes);
  const log = await openQuietly(store);
  const { ok, problems } = await log.verify();
  expect(ok).toBe(false);
  expect(problems).toContainEqual(expect.objectContaining({ kind: 'database', where: database }));
  await log.compact();
  expect(await log.stats()).toMatchObject({ healed: 1 });
  expect(await log.verify()).toMatchObject({ ok: true, rows: ids.length });
});
