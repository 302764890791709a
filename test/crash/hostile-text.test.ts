/**
 * Text that is made to do harm: control characters, escapes of terminals, paths, SQL, names of an object's own machinery.
 * It comes back as it was given or is refused; it is no part of a path or a statement, and no message carries it to a
 * terminal as it is.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AgentLog } from '../../src/api.js';
import type { Entry, StoredEntry } from '../../src/entry.js';
import { tempDir } from '../package/support/temp-dir.js';
import { startHost } from './support/host.js';
import { openAgentLog, openStore, storePath } from './support/stores.js';

const RED = '\u001b[31m';

const HOSTILE = [
  `${RED}red\u001b[0m \u001b]0;title\u0007 \u009b2J`,
  'a\0b',
  '\0',
  '',
  'one\r\ntwo\u2028three\u2029four\u0085five',
  '\u202egpj.exe',
  '\ufeff\ufffe\uffff',
  '../../../../etc/passwd',
  '/etc/passwd\0.open',
  "'; DROP TABLE agentLogEntries; --",
  '" OR 1 = 1 --',
  '$x :x @x ?1 %s %n {0}',
  'x\' AND text MATCH "a" NEAR/2 col:b*',
  '__proto__',
  'constructor',
  '$(reboot) `reboot` ; reboot',
  '😀\u200d👩 é e\u0301 ﷽',
  'x'.repeat(60_000),
];

/** Every name that a store gives to a file. */
const NAMES =
  /^(agentlog\.json|agent-log\.db(-wal|-shm)?|segments|locks|archive|quarantine|(segments|archive)\/\d{4}-[0-9A-Z]{13}-[0-9a-f]{32}\.(open|new|sealed)|locks\/(writer-\d{3}|(compactor|liveness)\.lock|compactor\.(request|answer)|search\.wanted))$/;

function entryOf(text: string): Entry {
  const detail = JSON.parse(
    JSON.stringify({ a: [text], b: { [`${text}x`]: text } }).replace('"b"', '"__proto__"'),
  );
  return { taskId: `task ${text}`, type: text, agent: text, text, detail, timestamp: 5 };
}

async function all(log: AgentLog): Promise<StoredEntry[]> {
  const found: StoredEntry[] = [];
  for await (const entry of log.scan()) found.push(entry);
  return found;
}

test('hostile text comes back as given from every call, waiting and as rows, and is in no path', async () => {
  const store = storePath();
  const log = await openStore(store, { fullText: true });
  const given = [...HOSTILE.map(entryOf), entryOf('kept')];
  const ids = await log.appendBatch(given.slice(0, 6));
  for (const entry of given.slice(6, 12)) ids.push(await log.append(entry));
  for (const entry of given.slice(12)) ids.push(log.appendSync(entry));
  const stored = given.map((entry, i) => ({ ...entry, id: ids[i]! }));
  const check = async (reader: AgentLog) => {
    expect(await all(reader)).toEqual(stored);
    for (const [i, { id, taskId, type, agent }] of stored.entries()) {
      expect(await reader.get(id)).toEqual(stored[i]);
      expect(await reader.entries({ taskId, type, agent: agent! })).toEqual([stored[i]]);
      expect(await reader.count({ taskId, type })).toBe(1);
    }
    expect((await reader.tasks()).map(({ taskId }) => taskId).sort()).toEqual(
      stored.map(({ taskId }) => taskId).sort(),
    );
    for (const text of [...HOSTILE, '"', '*', 'NEAR(']) {
      for (const hit of await reader.search(text.slice(0, 10_000)))
        expect(hit).toMatchObject(stored.find(({ id }) => id === hit.id)!);
    }
  };
  await check(log);
  await log.compact();
  await check(log);
  for (const { taskId, text } of stored) {
    expect(
      await log.sql('SELECT taskId, type, agent, text FROM agentLogEntries WHERE taskId = $taskId', {
        taskId,
      }),
    ).toEqual([{ taskId, type: text, agent: text, text }]);
  }
  const copy = join(tempDir(), 'copy');
  await log.backup(copy);
  await check(await openStore(copy, { readOnly: true }));
  for (const path of readdirSync(store, { recursive: true }) as string[]) expect(path).toMatch(NAMES);
  for (const { taskId } of stored.slice(0, -1)) await log.deleteTask(taskId);
  expect(await all(log)).toEqual(stored.slice(-1));
  await log.compact();
  expect(await all(log)).toEqual(stored.slice(-1));
});

const entry = { taskId: 't', type: 'text', text: 'x' };

function throwing(thrown: unknown): ProxyHandler<object> {
  const fail = () => {
    throw thrown;
  };
  return { get: fail, has: fail, ownKeys: fail, getOwnPropertyDescriptor: fail, getPrototypeOf: fail };
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = { [RED]: [value] };
  return value;
}

const unprintable = {
  toString() {
    throw new Error('never');
  },
};

class Named {}
Object.defineProperty(Named, 'name', { value: `${RED}\n` });

const REFUSED: [string, () => unknown][] = [
  ['a field with an escape in its name', () => ({ ...entry, [`${RED}\nsaid`]: 1 })],
  ['a field of a very long name', () => ({ ...entry, [RED.repeat(100_000)]: 1 })],
  ['a field __proto__', () => JSON.parse('{"taskId":"t","type":"text","text":"x","__proto__":{"a":1}}')],
  ['a field that every object has', () => ({ ...entry, toString: () => 'x' })],
  [
    'a detail that says undefined of a hostile key',
    () => ({ ...entry, detail: { [`${RED}\n`]: undefined } }),
  ],
  ['a detail of a class with a hostile name', () => ({ ...entry, detail: new Named() })],
  ['a detail with toJSON', () => ({ ...entry, detail: { toJSON: () => ({}) } })],
  ['a detail of 100,000 levels', () => ({ ...entry, detail: nested(100_000) })],
  [
    'a detail of an array of 100,000 levels',
    () => ({ ...entry, detail: JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) }),
  ],
  ['a proxy that throws', () => new Proxy({ ...entry }, throwing(new Error(RED)))],
  ['a proxy that throws nothing', () => new Proxy({ ...entry }, throwing(undefined))],
  ['a proxy that was revoked', revoked],
  [
    'a detail that is a proxy that throws',
    () => ({ ...entry, detail: new Proxy({}, throwing(unprintable)) }),
  ],
  ['a detail with a proxy that was revoked', () => ({ ...entry, detail: [revoked()] })],
  [
    'a text whose getter throws what cannot be printed',
    () => ({
      ...entry,
      get text() {
        throw unprintable;
      },
    }),
  ],
  [
    'a detail whose constructor throws',
    () => ({
      ...entry,
      detail: Object.create({
        get constructor() {
          throw new Error(RED);
        },
      }),
    }),
  ],
];

/** Nothing that a terminal would obey, and no second line. */
const PLAIN = /^[^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]*$/u;

test.each(REFUSED)('%s is refused, in a message that can be printed', async (_, make) => {
  const store = storePath();
  const warnings: string[] = [];
  const log = await openStore(store, { on: { warning: ({ message }) => void warnings.push(message) } });
  const refused = () => make() as Entry;
  const failure = {
    name: 'AgentLogError',
    code: 'AGENTLOG_ENTRY_INVALID',
    message: expect.stringMatching(PLAIN),
  };
  await expect(log.append(refused())).rejects.toMatchObject(failure);
  await expect(log.appendBatch([entry, refused()])).rejects.toMatchObject(failure);
  expect(() => log.appendSync(refused())).toThrow(expect.objectContaining(failure));
  log.write(refused());
  await log.flush();
  expect(warnings).toEqual([expect.stringMatching(PLAIN)]);
  expect(warnings[0]!.length).toBeLessThan(2000);
  expect(await all(log)).toEqual([]);
});

test('a proxy is read once: what was checked is what is written', async () => {
  const log = await openStore(storePath());
  const reads = new Map<PropertyKey, number>();
  const detail = new Proxy(
    { a: 'first' },
    {
      get(target, name, receiver) {
        reads.set(name, (reads.get(name) ?? 0) + 1);
        return reads.get(name) === 1 ? Reflect.get(target, name, receiver) : undefined;
      },
    },
  );
  await log.append({ ...entry, detail });
  expect((await all(log))[0]!.detail).toEqual({ a: 'first' });
});

test('what SQLite says of a hostile statement can be printed, its cause too, and nothing is changed by it', async () => {
  const log = await openStore(storePath());
  await log.append(entry);
  await log.compact();
  for (const query of [
    `SELECT ${RED}`,
    `SELECT * FROM "${RED}\u009b\u202e"`,
    `SELECT "${RED}\u2028"`,
    'SELECT 1; DROP TABLE agentLogEntries',
    'SELECT 1\0; DROP TABLE agentLogEntries',
    '\0SELECT 1',
    `${RED}SELECT 1`,
    `SELECT agentlog_id('${RED}')`,
    `SELECT json('${RED}')`,
    `SELECT ${'('.repeat(100_000)}1`,
  ]) {
    const said = await log.sql(query).catch((error) => error);
    if (Array.isArray(said)) continue;
    expect(said).toMatchObject({ code: 'AGENTLOG_SQL', message: expect.stringMatching(PLAIN) });
    expect(said.stack).not.toContain('\u001b');
    if (said.cause !== undefined) expect(said.cause.message).toMatch(PLAIN);
  }
  expect(await log.sql('SELECT text FROM agentLogEntries')).toEqual([{ text: 'x' }]);
});

test('messages that quote paths and names can be printed', async () => {
  const above = tempDir();
  const store = join(above, `${RED}\u202estore`);
  await expect(openAgentLog(store, { readOnly: true })).rejects.toMatchObject({
    code: 'AGENTLOG_NOT_FOUND',
    message: expect.stringMatching(PLAIN),
  });
  mkdirSync(store);
  writeFileSync(join(store, `${RED}.db`), '');
  await expect(openAgentLog(store)).rejects.toMatchObject({
    code: 'AGENTLOG_FORMAT',
    message: expect.stringMatching(PLAIN),
  });
  const log = await openStore(storePath());
  const name = `${RED}\n`;
  const calls: (() => unknown)[] = [
    () => openAgentLog(storePath(), { [name]: 1 } as never),
    () => openAgentLog(storePath(), { readOnly: name as never }),
    () => log.entries({ [name]: 1 } as never),
    () => log.compact({ [name]: 1 } as never),
    () => log.prune({ before: 1, [name]: 1 } as never),
    () => log.sql('SELECT 1', [], { [name]: 1 } as never),
    () => log.sql('SELECT $a', { [name]: Number.NaN }),
    async () => log.on(name as never, () => undefined),
    async () => log.follow({ cursor: name }),
    () => log.search('x', { [name]: 1 } as never),
  ];
  for (const call of calls) {
    const failure = { name: 'TypeError', message: expect.stringMatching(PLAIN) };
    await expect((async () => call())()).rejects.toMatchObject(failure);
  }
  expect(await log.get(name)).toBeUndefined();
});

test('what nobody listens to, and what a listener throws, reaches the terminal without escapes', async () => {
  const host = startHost(
    `const RED = '\\u001b[31m';
    const log = await openAgentLog(args.store);
    log.write({ ...entry('x'), ['a' + RED]: 1 });
    await log.close();
    const other = await openAgentLog(args.store, { on: { warning: () => { throw new Error('threw' + RED); } } });
    other.write(null);
    await other.close();
    say('done');`,
    { args: { store: storePath() } },
  );
  expect(await host.says()).toBe('done');
  const { stderr } = await host.ended;
  expect(stderr).toContain('no field a\\u001b[31m');
  expect(stderr).toContain('threw\\u001b[31m');
  expect(stderr).not.toContain('\u001b');
});
