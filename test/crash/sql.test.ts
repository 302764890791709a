/** Queries: what they give, what they refuse, and that their processes end, whatever they are in the middle of. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { AgentLog } from '../../src/api.js';
import { PROTOCOL } from '../../src/compactor/messages.js';
import { runSql } from '../../src/query/run-sql.js';
import { repositoryRoot } from '../package/support/paths.js';
import { tempDir } from '../package/support/temp-dir.js';
import { runHost, startHost } from './support/host.js';
import {
  areBusy,
  areGone,
  ENDLESS,
  PROGRAM,
  processesWith,
  queryProcessesOf,
} from './support/query-processes.js';
import { openStore, storePath } from './support/stores.js';

const COUNTING = 'WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)';
const own = () => queryProcessesOf(process.pid);

async function storeOf(texts: readonly string[]): Promise<{ log: AgentLog; store: string; ids: string[] }> {
  const store = storePath();
  const log = await openStore(store);
  const ids = await log.appendBatch(texts.map((text) => ({ taskId: 'task', type: 'text', text })));
  await log.compact();
  return { log, store, ids };
}

test('rows by parameters in their order or by their names, with the ids of the API', async () => {
  const { log, ids } = await storeOf(['one', 'two', 'three']);
  const after =
    'SELECT agentlog_id_text(id) AS id, text FROM agentLogEntries WHERE id > agentlog_id(?) ORDER BY id';
  expect(await log.sql(after, [ids[0]!])).toEqual([
    { id: ids[1], text: 'two' },
    { id: ids[2], text: 'three' },
  ]);
  const named = 'SELECT text FROM agentLogEntries WHERE taskId = $task AND text LIKE $like';
  expect(await log.sql<{ text: string }>(named, { task: 'task', like: 'o%' })).toEqual([{ text: 'one' }]);
  const [row] = await log.sql<{ id: bigint }>('SELECT id FROM agentLogEntries LIMIT 1');
  expect(await log.sql('SELECT agentlog_id_text(?) AS id, agentlog_id(NULL) AS no', [row!.id])).toEqual([
    { id: ids[0], no: null },
  ]);
  expect(await log.sql('-- nothing\n; /* ** */ explain query plan select 1')).toHaveLength(1);
});

test('values come back as they are: integers exactly, bytes, columns of any name', async () => {
  const log = await openStore(storePath());
  const values = [5, 2.5, -(2n ** 63n), 2 ** 53 - 1, 2n ** 53n, 'é\u0000', null, Number.POSITIVE_INFINITY];
  const columns = values.map((_, i) => `? AS c${i}`).join(', ');
  expect(Object.values((await log.sql(`SELECT ${columns}`, values))[0]!)).toEqual(values);
  expect(await log.sql('SELECT typeof($a) AS type, $a / 2 AS half, 1 AS "__proto__"', { a: 5 })).toEqual([
    Object.fromEntries([
      ['type', 'integer'],
      ['half', 2],
      ['__proto__', 1],
    ]),
  ]);
  const [row] = await log.sql<{ bytes: Uint8Array }>('SELECT ? AS bytes, ? AS others', [
    new Uint8Array([1, 2]),
    Buffer.from('others'),
  ]);
  expect(row!.bytes.constructor).toBe(Uint8Array);
  expect([...row!.bytes]).toEqual([1, 2]);
  // Bytes of their own, and not a view of all that came.
  expect(row!.bytes.buffer.byteLength).toBe(2);
});

test('reads the rows that are there: none before there is a database, and it needs not be a writer', async () => {
  const store = storePath();
  const log = await openStore(store, { compact: false });
  await log.append({ taskId: 't', type: 'text', text: 'waits' });
  const reader = await openStore(store, { readOnly: true });
  const count = 'SELECT count(*) AS entries FROM agentLogEntries';
  expect(await log.sql(count)).toEqual([{ entries: 0 }]);
  expect(await reader.sql('SELECT * FROM agentLogTasks, agentLogDamage, agentLogMeta')).toEqual([]);
  expect(existsSync(join(store, 'agent-log.db'))).toBe(false);
  await log.close();
  await (await openStore(store)).compact();
  expect(await reader.sql(count)).toEqual([{ entries: 1 }]);
});

test('nothing but a single statement that reads is run, and only this database is read', async () => {
  const { log, store } = await storeOf(['one']);
  const other = join(tempDir(), 'other.db');
  const refused: [query: string, message: RegExp, cause?: string][] = [
    ['SELEC 1', /single statement that reads/],
    ['SELECT FROM', /syntax error/, 'SQLITE_ERROR'],
    ['SELECT * FROM noSuchTable', /no such table: noSuchTable/, 'SQLITE_ERROR'],
    ['SELECT 1; SELECT 2', /more than one statement/],
    ['', /single statement/],
    ["INSERT INTO agentLogMeta VALUES ('a', 1)", /single statement/],
    ["WITH a AS (SELECT 'a') INSERT INTO agentLogMeta SELECT *, 1 FROM a RETURNING *", /single statement/],
    ['CREATE TEMP TABLE t (x)', /single statement/],
    [`ATTACH '${other}' AS other`, /single statement/],
    [`ATTACH '${join(store, 'agent-log.db')}' AS other`, /single statement/],
    [`VACUUM INTO '${other}'`, /single statement/],
    ['PRAGMA query_only = OFF', /single statement/],
    ['PRAGMA journal_mode = DELETE', /single statement/],
    ['/* */ PRAGMA query_only = OFF /* */; SELECT 1', /single statement/],
    ['-- SELECT\nPRAGMA locking_mode = EXCLUSIVE', /single statement/],
    ['EXPLAIN PRAGMA query_only = OFF', /single statement/],
    ['BEGIN', /single statement/],
    [`SELECT load_extension('${other}')`, /not authorized/, 'SQLITE_ERROR'],
    [`SELECT * FROM pragma_journal_mode('DELETE')`, /unknown database 'DELETE'/, 'SQLITE_ERROR'],
    ["SELECT agentlog_id('x')", /id of an entry/],
    ['SELECT agentlog_id_text(-1)', /id of a row/],
    ['SELECT ?', /Too few parameter values/],
    ['SELECT $a', /Missing named parameter/],
  ];
  for (const [query, message, cause] of refused) {
    const error = await log.sql(query).then(
      () => undefined,
      (reason) => reason,
    );
    expect(error, query).toMatchObject({ name: 'AgentLogError', code: 'AGENTLOG_SQL' });
    expect(error.message).toMatch(message);
    if (cause !== undefined) expect(error.cause, query).toMatchObject({ code: cause });
  }
  expect(existsSync(other)).toBe(false);
  expect(await log.sql('SELECT text FROM agentLogEntries')).toEqual([{ text: 'one' }]);
  expect(await log.sql('SELECT * FROM pragma_query_only, pragma_database_list')).toMatchObject([
    { query_only: 1, name: 'main' },
  ]);
});

test('misuse is a TypeError that says what was meant', async () => {
  const log = await openStore(storePath());
  const ask = log.sql.bind(log) as (...given: unknown[]) => Promise<unknown>;
  const misused: [given: unknown[], message: RegExp][] = [
    [[1], /a statement, a string/],
    [['SELECT 1', 'one'], /an array of values, or an object/],
    [['SELECT 1', new Map()], /an array of values, or an object/],
    [['SELECT ?', [true]], /parameter 0 .* a string, a number/],
    [['SELECT ?', [Number.NaN]], /parameter 0/],
    [['SELECT ?', [2n ** 63n]], /parameter 0/],
    [['SELECT ?', new Array(1)], /parameter 0/],
    [['SELECT $a', { a: new Date() }], /parameter a/],
    [['SELECT 1', [], { timeout: 1 }], /no option timeout; there are: signal, maxRows/],
    [['SELECT 1', [], { maxRows: 0 }], /maxRows/],
    [['SELECT 1', [], { signal: {} }], /AbortSignal/],
    [['SELECT 1', [], null], /must be an object/],
  ];
  for (const [given, message] of misused) {
    const asked = ask(...given);
    await expect(asked).rejects.toThrow(TypeError);
    await expect(asked).rejects.toThrow(message);
  }
  expect(own()).toEqual([]);
});

test('an answer is bounded, and one within the bounds is whole', async () => {
  const log = await openStore(storePath());
  const rows = await log.sql<{ x: number }>(`${COUNTING} SELECT x FROM c LIMIT 100000`);
  expect(rows.map(({ x }) => x)).toEqual(Array.from({ length: 100_000 }, (_, i) => i + 1));
  const tooMany = { code: 'AGENTLOG_SQL', message: expect.stringMatching(/more than 100000 rows; a LIMIT/) };
  await expect(log.sql(`${COUNTING} SELECT x FROM c`)).rejects.toMatchObject(tooMany);
  const two = { maxRows: 2 };
  expect(await log.sql(`${COUNTING} SELECT x FROM c LIMIT 2`, [], two)).toHaveLength(2);
  await expect(log.sql(`${COUNTING} SELECT x FROM c LIMIT 3`, [], two)).rejects.toMatchObject({
    message: expect.stringMatching(/more than 2 rows/),
  });
  const long = `${COUNTING} SELECT printf('%.*c', 1000000, 'x') AS text FROM c`;
  await expect(log.sql(long)).rejects.toMatchObject({
    code: 'AGENTLOG_SQL',
    message: expect.stringMatching(/more than 128 MiB/),
  });
  // None of them cost the process.
  expect(own()).toHaveLength(1);
});

test('a query that needs too much memory is ended', async () => {
  const log = await openStore(storePath());
  const asked = log.sql(`${COUNTING} SELECT count(DISTINCT printf('%.*c', 1000000, 'x') || x) FROM c`);
  await expect(asked).rejects.toMatchObject({
    code: 'AGENTLOG_SQL',
    message: expect.stringMatching(/more than 1 GiB of memory/),
  });
  expect(await log.sql('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('aborting ends a query inside of SQLite, and soon its process, and nothing else', async () => {
  const log = await openStore(storePath());
  const [first, second] = [new AbortController(), new AbortController()];
  const asked = log.sql(ENDLESS, [], { signal: first.signal });
  const other = log.sql(ENDLESS, [], { signal: second.signal });
  const pids = await areBusy(process.pid, 2);
  first.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
  while (own().length > 1) await new Promise(setImmediate);
  expect(await log.sql('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(own().filter((pid) => pids.includes(pid))).toHaveLength(1);
  second.abort();
  await expect(other).rejects.toMatchObject({ name: 'AbortError' });
  await areGone(pids);
  await expect(log.sql('SELECT 1', [], { signal: first.signal })).rejects.toThrow('enough');
});

test('endless queries keep others waiting only when there are several; one that waits can be aborted', async () => {
  const log = await openStore(storePath());
  const controllers = Array.from({ length: 6 }, () => new AbortController());
  const asked = controllers.map(({ signal }) => log.sql(ENDLESS, [], { signal }).catch((reason) => reason));
  const last = log.sql('SELECT 1 AS one');
  expect(await areBusy(process.pid, 4)).toHaveLength(4);
  expect(own()).toHaveLength(4);
  controllers[5]!.abort('waited');
  expect(await asked[5]).toBe('waited');
  controllers[0]!.abort();
  controllers[4]!.abort();
  expect(await last).toEqual([{ one: 1 }]);
  for (const controller of controllers) controller.abort();
  await Promise.all(asked);
});

test('many queries at once all get their own answers, from a few processes', async () => {
  const log = await openStore(storePath());
  const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => log.sql('SELECT ? AS n', [n])));
  expect(answers).toEqual(Array.from({ length: 200 }, (_, n) => [{ n }]));
  expect(own().length).toBeLessThanOrEqual(4);
});

test('closing the handle ends what is under way and what waits, and leaves no process', async () => {
  const { log } = await storeOf(['one']);
  const warnings: unknown[] = [];
  log.on('warning', (warning) => warnings.push(warning));
  const reading = `${COUNTING} SELECT count(*) FROM c, agentLogEntries`;
  const asked = Array.from({ length: 5 }, () => log.sql(reading).catch(({ code }) => code));
  await areBusy(process.pid, 4);
  await log.close();
  expect(own()).toEqual([]);
  expect(await Promise.all(asked)).toEqual(Array(5).fill('AGENTLOG_CLOSED'));
  await expect(log.sql('SELECT 1')).rejects.toMatchObject({ code: 'AGENTLOG_CLOSED' });
  // What was under way did not keep the log of the database from being emptied.
  expect(warnings).toEqual([]);
});

test('a process is used again, outlives a signal of the terminal, and is replaced when it dies', async () => {
  const log = await openStore(storePath());
  await log.sql('SELECT 1');
  const [pid] = own();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid!, signal);
  expect(await log.sql('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(own()).toEqual([pid]);
  const asked = log.sql(ENDLESS).catch((error) => error);
  await areBusy(process.pid, 1);
  process.kill(pid!, 'SIGKILL');
  expect(await asked).toMatchObject({
    code: 'AGENTLOG_IO',
    message: expect.stringMatching(/ended by itself \(SIGKILL\)/),
  });
  expect(await log.sql('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

/** For queries that need no rows. */
function askersWith(limits: Parameters<typeof processesWith>[0]) {
  const queries = processesWith(limits);
  const path = join(tempDir(), 'none');
  const ask = (query: string, signal?: AbortSignal) =>
    runSql(queries, { path, query, parameters: [], maxRows: 1 }, signal);
  return { queries, ask };
}

/** A grace that no test outlives. */
const LONG = 2 ** 30;

test('an aborted query that gives page after page leaves its process, its pages and the database', async () => {
  const { log, store } = await storeOf(['one']);
  const warnings: unknown[] = [];
  log.on('warning', (warning) => warnings.push(warning));
  const queries = processesWith({ most: 1, graceMs: LONG });
  const path = join(store, 'agent-log.db');
  const reading = `${COUNTING} SELECT x, text FROM c, agentLogEntries`;
  const request = { path, query: reading, parameters: [], maxRows: Number.MAX_SAFE_INTEGER };
  const pids = new Set<number>();
  for (let n = 0; n < 20; n++) {
    const controller = new AbortController();
    const abort = () => controller.abort('enough');
    let pages = 0;
    const take = () => {
      pages++;
      // While the page is being taken, or when the next one is on its way.
      if (pages === 3) n % 2 ? abort() : queueMicrotask(abort);
    };
    const asked = queries.run({ request: { kind: 'sql', ...request }, take }, controller.signal);
    await expect(asked).rejects.toBe('enough');
    const parameters = [n];
    expect(await runSql(queries, { ...request, query: 'SELECT ? AS n', parameters }, undefined)).toEqual([
      { n },
    ]);
    expect(pages).toBe(3);
    for (const pid of own()) pids.add(pid);
  }
  expect(pids.size).toBe(1);
  // A state of the database that somebody held on to would keep its log from being emptied.
  await log.append({ taskId: 'task', type: 'text', text: 'two' });
  await log.close();
  expect(warnings).toEqual([]);
});

test('a query that is aborted while its process starts leaves it to the next one', async () => {
  const { ask } = askersWith({ most: 1, graceMs: LONG });
  const controller = new AbortController();
  const asked = ask('SELECT 1 AS one', controller.signal);
  const pids = own();
  expect(pids).toHaveLength(1);
  controller.abort('enough');
  await expect(asked).rejects.toBe('enough');
  expect(await ask('SELECT 2 AS two')).toEqual([{ two: 2 }]);
  expect(own()).toEqual(pids);
});

test('an aborted query that does not end is killed, and whoever waits for its place gets one', async () => {
  const { ask } = askersWith({ most: 1, graceMs: 1 });
  const controller = new AbortController();
  const asked = ask(ENDLESS, controller.signal).catch((reason) => reason);
  const pids = await areBusy(process.pid, 1);
  controller.abort('enough');
  expect(await asked).toBe('enough');
  expect(await ask('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await areGone(pids);
});

test('a query that is aborted and does not end keeps its place until it is killed, but nobody waits for an only one', async () => {
  const { ask } = askersWith({ most: 2, graceMs: LONG });
  const controller = new AbortController();
  const asked = ask(ENDLESS, controller.signal).catch((reason) => reason);
  const pids = await areBusy(process.pid, 1);
  controller.abort('enough');
  expect(await asked).toBe('enough');
  const answers = await Promise.all([1, 2, 3].map((n) => ask(`SELECT ${n} AS n`)));
  expect(answers).toEqual([[{ n: 1 }], [{ n: 2 }], [{ n: 3 }]]);
  expect(own()).toHaveLength(2);
  expect(own()).toEqual(expect.arrayContaining(pids));
});

test('closing ends what was aborted before and does not end by itself', async () => {
  const { queries, ask } = askersWith({ graceMs: LONG });
  const controller = new AbortController();
  const asked = ask(ENDLESS, controller.signal).catch((reason) => reason);
  await areBusy(process.pid, 1);
  controller.abort('enough');
  expect(await asked).toBe('enough');
  expect(own()).toHaveLength(1);
  await queries.close(new Error('closed'));
  expect(own()).toEqual([]);
});

test('an aborted query whose process dies gives its place to whoever waits', async () => {
  const { ask } = askersWith({ most: 1, graceMs: LONG });
  const controller = new AbortController();
  const asked = ask(ENDLESS, controller.signal).catch((reason) => reason);
  const [pid] = await areBusy(process.pid, 1);
  controller.abort('enough');
  expect(await asked).toBe('enough');
  const next = ask('SELECT 1 AS one');
  process.kill(pid!, 'SIGKILL');
  expect(await next).toEqual([{ one: 1 }]);
});

test('what is asked after the close ends with the same error, and starts no process', async () => {
  const { queries, ask } = askersWith({});
  await queries.close(new Error('closed'));
  await expect(ask('SELECT 1')).rejects.toThrow('closed');
  expect(own()).toEqual([]);
});

test('a query that waits for a process that dies gets another one', async () => {
  const { ask } = askersWith({ most: 1 });
  const asked = ask(ENDLESS).catch(({ code }) => code);
  const next = ask('SELECT 1 AS one');
  const [pid] = await areBusy(process.pid, 1);
  process.kill(pid!, 'SIGKILL');
  expect(await asked).toBe('AGENTLOG_IO');
  expect(await next).toEqual([{ one: 1 }]);
});

test('a process with nothing to do is ended after a while', async () => {
  const { ask } = askersWith({ idleMs: 1 });
  expect(await ask('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  while (own().length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await ask('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

const ENDS: [name: string, end: string][] = [
  ['process.exit', 'process.exit()'],
  ['an error that nobody catches', "throw new Error('on purpose')"],
  ['SIGKILL', "process.kill(process.pid, 'SIGKILL')"],
  ['SIGTERM', "process.kill(process.pid, 'SIGTERM')"],
];

test.each(ENDS)('a host that ends by %s takes a query inside of SQLite with it', async (_name, end) => {
  const host = startHost(
    `const log = await openAgentLog(args.store);
     log.sql(args.query);
     await hear();
     ${end};`,
    { args: { store: storePath(), query: ENDLESS } },
  );
  const pids = await areBusy(host.pid, 1);
  host.tell('end');
  await host.ended;
  await areGone(pids);
});

test('a host that is killed while the process starts leaves none', async () => {
  for (let wait = 0; wait < 100; wait += 10) {
    const host = startHost(
      `const log = await openAgentLog(args.store);
       log.sql(args.query);
       await new Promise((resolve) => setTimeout(resolve, args.wait));
       process.kill(process.pid, 'SIGKILL');`,
      { args: { store: storePath(), query: ENDLESS, wait } },
    );
    let pids: number[] = [];
    let isOver = false;
    const ended = host.ended.then(() => {
      isOver = true;
    });
    while (!isOver) {
      const found = queryProcessesOf(host.pid);
      if (found.length > 0) pids = found;
      await new Promise(setImmediate);
    }
    await ended;
    await areGone(pids);
  }
});

test('a host waits for its query, and ends by itself although the process is kept for the next one', async () => {
  const host = startHost(
    `const log = await openAgentLog(args.store);
     const signal = AbortSignal.timeout(1000);
     const reason = await log.sql(args.query, [], { signal }).catch(({ name }) => name);
     const rows = await log.sql('SELECT 1 AS one');
     say({ reason, rows });
     const { execFileSync } = await import('node:child_process');
     process.once('exit', () => say(execFileSync('ps', ['-A', '-o', 'ppid=,args='], { encoding: 'utf8' })));`,
    { args: { store: storePath(), query: ENDLESS } },
  );
  expect(await host.says()).toEqual({ reason: 'TimeoutError', rows: [{ one: 1 }] });
  // It is there when the host ends: that was not for want of it.
  expect(await host.says()).toMatch(new RegExp(`^ *${host.pid} .*agentlog-query`, 'm'));
  expect(await host.ended).toEqual({ status: 0, signal: null, stderr: '' });
});

test('a host does not wait for an aborted query', async () => {
  const said = await runHost(
    `const { QueryProcesses } = await import(args.queries);
     const queries = new QueryProcesses({ protocol: args.protocol, findProgram: () => args.program, graceMs: args.graceMs });
     const controller = new AbortController();
     const request = { kind: 'sql', path: args.path, query: args.query, parameters: [], maxRows: 1 };
     const asked = queries.run({ request, take: () => undefined }, controller.signal);
     controller.abort('enough');
     say(await asked.catch((reason) => reason));`,
    {
      args: {
        queries: pathToFileURL(join(repositoryRoot, 'dist/src/query/query-processes.js')),
        protocol: PROTOCOL,
        program: PROGRAM,
        graceMs: LONG,
        path: join(tempDir(), 'none'),
        query: ENDLESS,
      },
    },
  );
  expect(said).toBe('enough');
});

test('a host waits for a query that waits for the place of aborted ones', async () => {
  const said = await runHost(
    `const log = await openAgentLog(args.store);
     const controller = new AbortController();
     const asked = Array.from({ length: 4 }, () => log.sql(args.query, [], { signal: controller.signal }).catch((reason) => reason));
     controller.abort('enough');
     await Promise.all(asked);
     say(await log.sql('SELECT 1 AS one'));`,
    { args: { store: storePath(), query: ENDLESS } },
  );
  expect(said).toEqual([{ one: 1 }]);
});

test('a host in which nothing else happens waits for the close, which waits for the process', async () => {
  const said = await runHost(
    `const log = await openAgentLog(args.store);
     const rows = await log.sql('SELECT 1 AS one');
     await log.close();
     say(rows);`,
    { args: { store: storePath() } },
  );
  expect(said).toEqual([{ one: 1 }]);
});
