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

test('an index for searches that has lost rows, and says nothing of it', async () => {
  const store = storePath();
  const options = { on: quiet, fullText: true };
  const filling = await openAgentLog(store, options);
  for (let n = 0; n < 3; n++) {
    const entries = Array.from({ length: 1000 }, (_, i) => ({
      taskId: 't',
      type: 'text',
      text: `word${n}x${i} and what all have`,
    }));
    await filling.appendBatch(entries);
    await filling.compact();
  }
  await filling.close();
  const database = join(store, 'agent-log.db');
  const sound = readFileSync(database);
  const looking = openForReading(database);
  // Where FTS5 says which of its parts there are: with one bit less, a part seems not to be.
  const structure = looking
    .prepare('SELECT block FROM agentLogSearch_data WHERE id = 10')
    .pluck()
    .get() as Buffer;
  looking.close();
  const at = sound.indexOf(structure);
  let silent = 0;
  for (let i = 0; i < structure.length; i++) {
    const bytes = Buffer.from(sound);
    bytes[at + i]! ^= 1;
    writeFileSync(database, bytes);
    const db = openForReading(database);
    const says = db.pragma('integrity_check', { simple: true });
    const found = says === 'ok' && db.prepare("SELECT count(*) FROM agentLogSearch('have')").pluck().get();
    db.close();
    if (found === false || found === 3000) continue;
    silent++;
    const log = await openAgentLog(store, options);
    const { problems } = await log.verify();
    expect(problems[0]).toMatchObject({ kind: 'database', where: database });
    expect(problems[0]!.what).toContain('the index for searches lacks');
    await log.compact();
    expect(await log.stats()).toMatchObject({ healed: 1 });
    expect(await log.search('word0x7')).toHaveLength(1);
    expect(await log.verify()).toMatchObject({ ok: true, rows: 3000 });
    await log.close();
  }
  expect(silent).toBeGreaterThan(0);
});
