/** Searches in a real store: beside compaction, through ends of every kind, without an index, and where bytes have changed. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { AgentLog } from '../../src/api.js';
import type { SearchOptions, SearchResult } from '../../src/index.js';
import { QuerySearcher } from '../../src/query/query-searcher.js';
import { FIRST_ID, LAST_ID } from '../../src/reading/filter.js';
import { OUTSIDE } from './support/database.js';
import { runHost } from './support/host.js';
import { areGone, processesWith, queryProcessesOf } from './support/query-processes.js';
import { openAgentLog, openStore, storePath } from './support/stores.js';

const own = () => queryProcessesOf(process.pid);

const entry = (text: string, taskId = 'task') => ({ taskId, type: 'text', text });

const textsOf = (results: readonly SearchResult[]) => results.map(({ text }) => text);

test('finds rows and what waits, the newest first, with all that an entry has', async () => {
  const store = storePath();
  const log = await openStore(store, { fullText: true });
  const detail = { exit: 1 };
  const first = await log.append({
    ...entry('the needle is a row'),
    agent: 'executor',
    detail,
    timestamp: 5,
  });
  await log.append(entry('hay'));
  await log.compact();
  const second = await log.append(entry('this needle waits', 'other'));
  const readers = [
    log,
    await openStore(store, { readOnly: true }),
    await openStore(store, { compact: false }),
  ];
  for (const reader of readers) {
    const [waits, row, ...others] = await reader.search('needle');
    expect(others).toEqual([]);
    expect(waits).toMatchObject({
      id: second,
      taskId: 'other',
      snippet: 'this needle waits',
      matches: [[5, 11]],
    });
    expect(row).toEqual({
      id: first,
      ...entry('the needle is a row'),
      agent: 'executor',
      detail,
      timestamp: 5,
      rank: expect.any(Number),
      snippet: 'the needle is a row',
      matches: [[4, 10]],
    });
    expect(textsOf(await reader.search('needle', { limit: 1 }))).toEqual(['this needle waits']);
    expect(textsOf(await reader.search('needle', { before: second }))).toEqual(['the needle is a row']);
    expect(await reader.search('needle', { taskId: 'nobody' })).toEqual([]);
    expect(await reader.search('')).toEqual([]);
  }
});

test('an answer that is longer than a message to a process comes whole', async () => {
  const log = await openStore(storePath(), { fullText: true });
  const long = (n: number) => `needle ${n} ${'hay '.repeat(20_000)}`;
  await log.appendBatch(Array.from({ length: 30 }, (_, n) => entry(long(n))));
  await log.compact();
  await log.appendBatch(Array.from({ length: 31 }, (_, n) => entry(long(30 + n))));
  const texts = textsOf(await log.search('needle hay', { limit: 1000 }));
  expect(texts).toEqual(Array.from({ length: 61 }, (_, n) => long(60 - n)));
});

test('as many as are wanted come, however many rows a delete takes away that no round has carried out', async () => {
  const log = await openStore(storePath(), { fullText: true });
  await log.appendBatch(Array.from({ length: 10 }, (_, n) => entry(`needle ${n}`, 'kept')));
  await log.appendBatch(Array.from({ length: 500 }, (_, n) => entry(`needle ${n}`, 'gone')));
  await log.compact();
  await log.deleteTask('gone');
  expect(textsOf(await log.search('needle', { limit: 5 }))).toEqual(
    [9, 8, 7, 6, 5].map((n) => `needle ${n}`),
  );
  expect(await log.search('needle')).toHaveLength(10);
});

test('without an index it says what to do, and doing that helps', async () => {
  const store = storePath();
  const plain = await openStore(store);
  const refused = {
    name: 'AgentLogError',
    code: 'AGENTLOG_NO_FULL_TEXT',
    message: expect.stringMatching(/open it with fullText: true/),
  };
  await plain.append(entry('an old needle'));
  await expect(plain.search('needle')).rejects.toMatchObject(refused);
  await plain.compact();
  const reader = await openStore(store, { readOnly: true, fullText: true });
  for (const log of [plain, reader]) await expect(log.search('')).rejects.toMatchObject(refused);
  expect(own()).toEqual([]);
  // It makes no index itself, but whoever brings entries into the database does from now on.
  const wanting = await openStore(store, { fullText: true, compact: false });
  await expect(wanting.search('needle')).rejects.toMatchObject(refused);
  for (const log of [plain, reader, wanting])
    expect(textsOf(await log.search('needle'))).toEqual(['an old needle']);
});

test('before there is a database what waits is searched by all, once somebody has wanted an index', async () => {
  const store = storePath();
  const [plain, wanting] = [await openStore(store), await openStore(store, { fullText: true })];
  const reader = await openStore(store, { readOnly: true });
  await plain.append(entry('a needle'));
  for (const log of [plain, wanting, reader])
    expect(textsOf(await log.search('needle'))).toEqual(['a needle']);
  expect(existsSync(join(store, 'agent-log.db'))).toBe(false);
  await plain.compact();
  for (const log of [plain, wanting, reader])
    expect(textsOf(await log.search('needle'))).toEqual(['a needle']);
});

test('a leader whose database has no index makes one when somebody comes who wants it', async () => {
  const store = storePath();
  const plain = await openStore(store);
  await plain.append(entry('a needle'));
  await plain.compact();
  expect((await plain.stats()).leading).toBe(true);
  const wanting = await openStore(store, { fullText: true });
  expect(textsOf(await wanting.search('needle'))).toEqual(['a needle']);
  expect((await plain.stats()).leading).toBe(true);
});

test('a store in which it cannot be noted that an index is wanted is opened, and searched, all the same', async () => {
  const store = storePath();
  await (await openStore(store)).close();
  mkdirSync(join(store, 'locks', 'search.wanted'));
  const warnings: string[] = [];
  const on = { warning: ({ code }: { code: string }) => warnings.push(code) };
  const log = await openStore(store, { fullText: true, on });
  await log.append(entry('a needle'));
  await log.compact();
  expect(textsOf(await log.search('needle'))).toEqual(['a needle']);
  expect(warnings).toEqual(['AGENTLOG_STORAGE']);
});

test('compact makes the index although nothing waits, and a search waits for the one who leads', async () => {
  const store = storePath();
  const plain = await openStore(store);
  await plain.append(entry('a needle'));
  await plain.close();
  const making = await openStore(store, { fullText: true });
  await making.compact();
  expect(textsOf(await (await openStore(store, { readOnly: true })).search('needle'))).toEqual(['a needle']);
});

test('beside appends and compaction nothing that was acknowledged is missed, doubled or invented', async () => {
  const store = storePath();
  const options = { fullText: true, segmentBytes: 65_536, archiveBytes: 0 };
  const logs = [await openStore(store, options), await openStore(store, options)] as const;
  const reader = await openStore(store, { readOnly: true, fullText: true });
  const given = new Set<string>();
  const acknowledged = new Set<string>();
  const append = async (log: AgentLog) => {
    for (let batch = 0; batch < 4; batch++) {
      const texts = Array.from({ length: 20 }, (_, n) => `${n % 2 ? 'hay' : 'needle'} ${given.size} ${n}`);
      for (const text of texts) given.add(text);
      await log.appendBatch(texts.map((text) => ({ ...entry(text), detail: 'x'.repeat(300) })));
      for (const text of texts) acknowledged.add(text);
    }
  };
  const search = async (log: AgentLog, limit: number) => {
    const before = [...acknowledged].filter((text) => text.startsWith('needle'));
    const results: SearchResult[] = [];
    for (let asked: SearchOptions = { limit }; ; asked = { limit, before: results.at(-1)!.id }) {
      const page = await log.search('needle', asked);
      results.push(...page);
      if (page.length < limit) break;
    }
    const ids = results.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted().reverse());
    const texts = new Set(textsOf(results));
    expect(texts.size).toBe(results.length);
    expect(before.filter((text) => !texts.has(text))).toEqual([]);
    expect([...texts].filter((text) => !given.has(text) || !text.startsWith('needle'))).toEqual([]);
  };
  for (let round = 0; round < 5; round++) {
    const searches = [search(reader, 10_000), search(logs[1], 150), search(reader, 10_000)];
    await Promise.all([...logs.map(append), logs[0].compact(), ...searches]);
  }
});

/** Its process is there and does nothing, so that a search is under way until something ends it. */
async function withStoppedProcess(): Promise<{ log: AgentLog; pid: number }> {
  const log = await openStore(storePath(), { fullText: true });
  await log.append(entry('needle'));
  await log.compact();
  expect(await log.search('needle')).toHaveLength(1);
  const [pid] = own();
  process.kill(pid!, 'SIGSTOP');
  return { log, pid: pid! };
}

test('aborting ends a search, soon its process that does nothing, and no other search', async () => {
  const { log, pid } = await withStoppedProcess();
  const controller = new AbortController();
  const asked = log.search('needle', { signal: controller.signal });
  // The stopped process has the first one.
  await turn();
  const other = log.search('needle');
  controller.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
  await areGone([pid]);
  expect(await other).toHaveLength(1);
  await expect(log.search('needle', { signal: controller.signal })).rejects.toThrow('enough');
});

test('a search that is aborted, wherever it is, gives nothing to the next one', async () => {
  const log = await openStore(storePath(), { fullText: true });
  await log.appendBatch(Array.from({ length: 3000 }, () => entry('hay')));
  await log.compact();
  await log.append(entry('needle'));
  for (let turns = 0; turns < 2000; turns += 50) {
    const controller = new AbortController();
    const asked = log.search('hay', { limit: 3000, signal: controller.signal }).then(
      ({ length }) => length,
      (reason) => reason,
    );
    for (let n = 0; n < turns; n++) await turn();
    controller.abort('enough');
    expect(textsOf(await log.search('needle'))).toEqual(['needle']);
    // It may have been over.
    expect(['enough', 3000]).toContain(await asked);
  }
});

test('what an aborted search asked leaves its process to the next one', async () => {
  const store = storePath();
  const log = await openStore(store, { fullText: true });
  await log.append(entry('needle'));
  await log.compact();
  const queries = processesWith({ most: 1, graceMs: 2 ** 30 });
  const searcher = new QuerySearcher(queries, join(store, 'agent-log.db'));
  const range = { after: FIRST_ID, before: LAST_ID };
  const rows = (signal?: AbortSignal) =>
    searcher.rows({ phrases: ['needle'], filter: {}, range, most: 10 }, signal);
  const texts = (signal?: AbortSignal) =>
    searcher.texts({ phrases: ['needle'], withSnippets: false }, [entry('needle')], signal);
  expect(await rows()).toHaveLength(1);
  const [pid, ...others] = own();
  expect(others).toEqual([]);
  for (const ask of [rows, texts]) {
    const controller = new AbortController();
    const asked = ask(controller.signal);
    controller.abort('enough');
    await expect(asked).rejects.toBe('enough');
    expect(await rows()).toHaveLength(1);
    expect((await texts()).map(({ n }) => n)).toEqual([0]);
    expect(own()).toEqual([pid]);
  }
});

test('closing the handle ends a search, wherever it is, and leaves no process', async () => {
  const { log, pid } = await withStoppedProcess();
  const asked = log.search('needle').catch(({ code }) => code);
  for (let n = 0; n < 10; n++) await turn();
  await log.close();
  expect(await asked).toBe('AGENTLOG_CLOSED');
  await areGone([pid]);
  await expect(log.search('needle')).rejects.toMatchObject({ code: 'AGENTLOG_CLOSED' });
  const store = storePath();
  await (await openStore(store, { fullText: true })).appendBatch(
    Array.from({ length: 3000 }, () => entry('hay')),
  );
  for (let turns = 0; turns < 30; turns += 6) {
    const reader = await openStore(store, { fullText: true, readOnly: true });
    const ended = reader.search('needle').catch(({ code }) => code);
    for (let n = 0; n < turns; n++) await turn();
    await reader.close();
    expect([[], 'AGENTLOG_CLOSED']).toContainEqual(await ended);
    expect(own()).toEqual([]);
  }
});

async function withDamage(store: string): Promise<{ log: AgentLog; reasons: string[] }> {
  const reasons: string[] = [];
  const log = await openAgentLog(store, {
    fullText: true,
    compact: false,
    on: { damage: ({ reason }) => reasons.push(reason) },
  });
  onTestFinished(() => log.close());
  return { log, reasons };
}

test('a row of which bytes have changed is told of, and not given', async () => {
  const store = storePath();
  const writer = await openStore(store, { fullText: true });
  const ids = await writer.appendBatch(['needle 0', 'needle 1', 'needle 2'].map((text) => entry(text)));
  await writer.compact();
  await writer.close();
  await runHost(
    `${OUTSIDE}
     const db = open(args.store);
     db.exec("UPDATE agentLogEntries SET text = 'needle 7' WHERE text = 'needle 1'");
     db.close();
     say('changed');`,
    { args: { store } },
  );
  const { log, reasons } = await withDamage(store);
  expect(textsOf(await log.search('needle'))).toEqual(['needle 2', 'needle 0']);
  // Others take its place.
  expect(textsOf(await log.search('needle', { limit: 2 }))).toEqual(['needle 2', 'needle 0']);
  expect(reasons).toEqual([`the row of entry ${ids[1]} is not what was written`]);
});

test('a waiting entry of which bytes have changed is told of, and not given', async () => {
  const store = storePath();
  const { log, reasons } = await withDamage(store);
  await log.appendBatch(['needle 0', 'needle 1', 'needle 2'].map((text) => entry(text)));
  expect(textsOf(await log.search('needle'))).toEqual(['needle 2', 'needle 1', 'needle 0']);
  const [name] = readdirSync(join(store, 'segments')).filter((file) => file.endsWith('.open'));
  const path = join(store, 'segments', name!);
  const bytes = readFileSync(path);
  bytes[bytes.indexOf('needle 1') + 7] = 0x37;
  writeFileSync(path, bytes, { flag: 'r+' });
  expect(textsOf(await log.search('needle'))).toEqual(['needle 2', 'needle 0']);
  expect(reasons).toEqual([expect.stringMatching(/no longer what was written/)]);
});

test('a mistake is a TypeError that says what was meant, and starts no process', async () => {
  const log = await openStore(storePath(), { fullText: true });
  const search = log.search.bind(log) as (...given: unknown[]) => Promise<unknown>;
  const misused: [given: unknown[], message: RegExp][] = [
    [[], /words to search for, a string/],
    [[1], /words to search for, a string/],
    [['a', null], /search takes an object/],
    [['a', 'b'], /search takes an object/],
    [['a', { order: 'asc' }], /search knows no order; it knows taskId.*limit, signal/],
    [['a', { last: 5 }], /search knows no last/],
    [['a', { limit: -1 }], /limit of search must be a whole number/],
    [['a', { limit: 1.5 }], /limit of search/],
    [['a', { signal: {} }], /option signal of search must be an AbortSignal/],
    [['a', { taskId: 1 }], /taskId of search must be a string/],
    [['a', { before: 'x' }], /before of search must be the id/],
    [['a', { since: new Date() }], /since of search .*getTime/],
    [['a'.repeat(10_001)], /text of search may have 10000 characters at most/],
  ];
  for (const [given, message] of misused) {
    const asked = search(...given);
    await expect(asked).rejects.toThrow(TypeError);
    await expect(asked).rejects.toThrow(message);
  }
  expect(await log.search('a', { limit: 0, taskId: undefined })).toEqual([]);
  expect(own()).toEqual([]);
});
