/** What the store gives back is what it was given, in the order and in the pages that its callers rely on. */
import { expect, onTestFinished, test } from 'vitest';
import type {
  AgentLogEntry,
  AgentLogInput,
  AgentLogStoreOptions,
  AgentLogTiming,
} from '../../src/adapters/fusion.js';
import { createAgentLogStore } from '../../src/adapters/fusion.js';
import type { AgentLogWarning } from '../../src/index.js';
import { openStore, storePath } from '../crash/support/stores.js';

const DAY = 86_400_000;

/** Where entries become rows, another handle sees to it. */
async function open(options: AgentLogStoreOptions = {}, directory = storePath()) {
  const store = await createAgentLogStore(directory, { compact: false, ...options });
  onTestFinished(() => store.close());
  const heard: AgentLogEntry[] = [];
  store.on('agent:log', (entry) => heard.push(entry));
  return { store, heard, directory };
}

const textsOf = (entries: readonly AgentLogEntry[]) => entries.map(({ text }) => text);
const text = (name: string, taskId = 'FN-1'): AgentLogInput => ({ taskId, type: 'text', text: name });

test('what goes in comes out, by either way, and is what those hear who listen', async () => {
  let now = 1_767_000_000_000;
  // No two calls of it give the same.
  const { store, heard, directory } = await open({ now: () => now++ });
  await store.appendAgentLog('FN-1', 'all', 'tool', 'ls -la', 'executor', {
    durationMs: 12,
    timeToFirstTokenMs: 3,
  });
  const none = { durationMs: undefined, timeToFirstTokenMs: null } as unknown as AgentLogTiming;
  await store.appendAgentLog('FN-1', 'no detail', 'tool_error', null, null, none);
  await store.appendAgentLog('FN-1', 'timing only', 'status', undefined, 'merger', { durationMs: 0 });
  await store.appendAgentLog('FN-1', 'an empty detail', 'tool_result', '', 'triage');
  const unknown = { agentId: 'a', model: { name: 'm', tries: [1, null] }, ['__proto__']: 'kept' };
  await store.appendAgentLogBatch([
    { ...text('unknown fields'), agent: 'reviewer', detail: '{"timing":1}', ...unknown },
    { ...text('lone \ud800'), timestamp: 'not the caller’s to say' } as AgentLogInput,
  ]);
  const found = await store.getAgentLogs('FN-1');
  expect(found).toEqual(heard);
  expect(found.map(({ timestamp, ...entry }) => entry)).toEqual([
    {
      taskId: 'FN-1',
      text: 'all',
      type: 'tool',
      detail: 'ls -la',
      agent: 'executor',
      durationMs: 12,
      timeToFirstTokenMs: 3,
    },
    { taskId: 'FN-1', text: 'no detail', type: 'tool_error' },
    { taskId: 'FN-1', text: 'timing only', type: 'status', agent: 'merger', durationMs: 0 },
    { taskId: 'FN-1', text: 'an empty detail', type: 'tool_result', agent: 'triage', detail: '' },
    { ...text('unknown fields'), agent: 'reviewer', detail: '{"timing":1}', ...unknown },
    text('lone \ufffd'),
  ]);
  expect(found[1]).not.toHaveProperty('detail');
  for (const { timestamp } of found) expect(timestamp).toBe(new Date(timestamp).toISOString());
  expect(found[4]!.timestamp).toBe(found[5]!.timestamp);
  const log = await openStore(directory, { compact: false });
  const stored = (await log.entries({ last: 3 })).map(({ detail }) => detail);
  expect(stored).toEqual(['', { detail: '{"timing":1}', timing: unknown }, undefined]);
});

test('pages count back from the newest, of the type that is asked for', async () => {
  const { store } = await open();
  for (let i = 0; i < 5; i++) {
    await store.appendAgentLog('FN-1', `text ${i}`, 'text');
    await store.appendAgentLog('FN-1', `tool ${i}`, 'tool');
  }
  await store.appendAgentLog('FN-2', 'of another task', 'text');
  const page = async (options: object) => textsOf(await store.getAgentLogs('FN-1', options));
  expect(await page({ type: 'text' })).toEqual(['text 0', 'text 1', 'text 2', 'text 3', 'text 4']);
  expect(await page({ limit: 3 })).toEqual(['tool 3', 'text 4', 'tool 4']);
  expect(await page({ limit: 2, type: 'text' })).toEqual(['text 3', 'text 4']);
  expect(await page({ limit: 2, offset: 2, type: 'text' })).toEqual(['text 1', 'text 2']);
  expect(await page({ limit: 2, offset: 4, type: 'text' })).toEqual(['text 0']);
  expect(await page({ limit: 2, offset: 5, type: 'text' })).toEqual([]);
  expect(await page({ offset: 3, type: 'text' })).toEqual(['text 0', 'text 1']);
  expect(await page({ limit: 2.9, offset: 1.9, type: 'text' })).toEqual(['text 2', 'text 3']);
  for (const limit of [0, Number.NaN, -1, 0.5, Number.POSITIVE_INFINITY])
    expect(await page({ limit })).toEqual([]);
  expect(await page({ limit: 1, offset: Number.NaN })).toEqual(['tool 4']);
  expect(await page({ limit: Number.MAX_SAFE_INTEGER, offset: 9 })).toEqual(['text 0']);
  expect(await store.getAgentLogCount('FN-1')).toBe(10);
  expect(await store.getAgentLogCount('FN-1', { type: 'tool' })).toBe(5);
  expect(await store.getAgentLogCount('nobody')).toBe(0);
  store.appendAgentLog('FN-3', 'under way', 'text');
  expect(await store.getAgentLogCount('FN-3')).toBe(1);
  store.appendAgentLog('FN-3', 'under way', 'text');
  expect(await store.getAgentLogsByTimeRange('FN-3', new Date(0).toISOString(), null)).toHaveLength(2);
  expect(await store.getAgentLogs('nobody')).toEqual([]);
});

test('more than a thousand entries come back when no limit is given', async () => {
  const { store } = await open();
  await store.appendAgentLogBatch(Array.from({ length: 2500 }, (_, i) => text(`${i}`)));
  const all = Array.from({ length: 2500 }, (_, i) => `${i}`);
  expect(textsOf(await store.getAgentLogs('FN-1'))).toEqual(all);
  expect(textsOf(await store.getAgentLogsByTimeRange('FN-1', new Date(0).toISOString(), null))).toEqual(all);
});

test('entries of the same time keep the order in which they were given, whoever waits for them', async () => {
  const { store } = await open({ now: () => 1_767_000_000_000 });
  const given: string[] = [];
  const name = () => given[given.push(`${given.length}`) - 1]!;
  const works: Promise<unknown>[] = [];
  for (let i = 0; i < 40; i++) {
    works.push(store.appendAgentLog('FN-1', name(), 'text'));
    works.push(store.appendAgentLogBatch([text(name()), text('other', 'FN-2'), text(name())]));
    if (i % 7 === 0) store.flushAgentLogBuffer();
    if (i % 5 === 0) await works.at(-1);
  }
  // It sees what is under way.
  expect(textsOf(await store.getAgentLogs('FN-1'))).toEqual(given);
  expect(await store.getAgentLogCount('FN-1')).toBe(given.length);
  await Promise.all(works);
});

test('a batch of nothing does nothing; references are those of the log, one an entry, for good', async () => {
  const { store, heard, directory } = await open();
  expect(await store.appendAgentLogBatch([])).toEqual([]);
  const one = await store.appendAgentLog('FN-1', 'one', 'text');
  const [two, three] = await store.appendAgentLogBatch([text('two'), text('three', 'FN-2')]);
  expect(textsOf(heard)).toEqual(['one', 'two', 'three']);
  const log = await openStore(directory);
  for (let round = 0; round < 2; round++) {
    expect((await log.get(one!))?.text).toBe('one');
    expect((await log.get(two!))?.text).toBe('two');
    expect((await log.get(three!))?.taskId).toBe('FN-2');
    await store.pruneAgentLogs(1);
    await log.compact();
  }
});

test('a range of times holds both of its ends, and null is now', async () => {
  let now = Date.parse('2026-01-01T00:00:00.000Z');
  const { store } = await open({ now: () => now });
  const at = (minute: number) =>
    new Date(Date.parse('2026-01-01T00:00:00.000Z') + minute * 60_000).toISOString();
  for (let minute = 0; minute < 5; minute++) {
    now = Date.parse(at(minute));
    store.appendAgentLog('FN-1', `${minute}`, 'text');
    expect(await store.getLatestAgentLogActivityMs('FN-1')).toBe(now);
  }
  expect(textsOf(await store.getAgentLogsByTimeRange('FN-1', at(1), at(3)))).toEqual(['1', '2', '3']);
  expect(textsOf(await store.getAgentLogsByTimeRange('FN-1', at(3), null))).toEqual(['3', '4']);
  now = Date.parse(at(3));
  expect(textsOf(await store.getAgentLogsByTimeRange('FN-1', at(3), null))).toEqual(['3']);
  expect(await store.getLatestAgentLogActivityMs('nobody')).toBe(undefined);
  await expect(store.getAgentLogsByTimeRange('FN-1', 'yesterday', null)).rejects.toThrow(
    /start .* must be a time/,
  );
});

test('a prune says what it deleted, of the tasks that it was given, and leaves the rest', async () => {
  let now = 1_767_000_000_000;
  const { store } = await open({ now: () => now });
  await store.appendAgentLogBatch([
    text('ä', 'FN-1'),
    text('old', 'FN-2'),
    { ...text('old', 'FN-3'), detail: 'd' },
  ]);
  now += 2 * DAY;
  await store.appendAgentLogBatch([text('new', 'FN-1'), text('new', 'FN-2')]);
  const nothing = { prunedFiles: 0, prunedEntries: 0, freedBytes: 0 };
  for (const days of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 3])
    expect(await store.pruneAgentLogs(days)).toEqual(nothing);
  // To the millisecond.
  expect(await store.pruneAgentLogs(2)).toEqual(nothing);
  expect(await store.pruneAgentLogs(1, [])).toEqual(nothing);
  expect(await store.pruneAgentLogs(1, new Set(['FN-1', 'nobody']))).toEqual({
    prunedFiles: 1,
    prunedEntries: 1,
    freedBytes: Buffer.byteLength('FN-1textä'),
  });
  expect(await store.getAgentLogCount('FN-2')).toBe(2);
  expect(await store.pruneAgentLogs(1)).toMatchObject({ prunedFiles: 2, prunedEntries: 2 });
  for (const taskId of ['FN-1', 'FN-2']) expect(textsOf(await store.getAgentLogs(taskId))).toEqual(['new']);
  expect(await store.getAgentLogCount('FN-3')).toBe(0);
});

test('a task that is none is a mistake, and never means all tasks', async () => {
  const { store } = await open({ now: () => 40 * DAY });
  await store.appendAgentLogBatch([text('a'), text('b', 'FN-2')]);
  const none = undefined as unknown as string;
  for (const call of [
    store.getAgentLogs(none),
    store.getAgentLogCount(none),
    store.getAgentLogsByTimeRange(none, '1970-01-01T00:00:00.000Z', null),
    store.getLatestAgentLogActivityMs(none),
    store.pruneAgentLogs(7, [none]),
    store.pruneAgentLogs(7, 'FN-1' as unknown as string[]),
    store.deleteTask(none),
  ])
    await expect(call).rejects.toThrow(TypeError);
  expect(await store.getAgentLogCount('FN-1')).toBe(1);
});

test('a deleted task is gone with what is under way, and what is logged later stays', async () => {
  const { store } = await open();
  const before = store.appendAgentLog('FN-1', 'before', 'text');
  const beside = store.appendAgentLogBatch([text('before'), text('another', 'FN-2')]);
  const deleting = store.deleteTask('FN-1');
  await Promise.all([before, beside, deleting]);
  expect(await store.getAgentLogs('FN-1')).toEqual([]);
  expect(await store.getAgentLogCount('FN-1')).toBe(0);
  expect(await store.getLatestAgentLogActivityMs('FN-1')).toBe(undefined);
  await store.appendAgentLog('FN-1', 'later', 'text');
  expect(textsOf(await store.getAgentLogs('FN-1'))).toEqual(['later']);
  expect(textsOf(await store.getAgentLogs('FN-2'))).toEqual(['another']);
});

test('the detail of a tool is cut when that is wanted, says so once, and not through a character', async () => {
  const { store, heard } = await open({ capToolDetail: true });
  const long = 'x'.repeat(5000);
  const emoji = `${'x'.repeat(4095)}\u{1f600}${'x'.repeat(1000)}`;
  for (const type of ['tool', 'tool_result', 'tool_error', 'text', 'thinking'] as const)
    await store.appendAgentLog('FN-1', type, type, long);
  await store.appendAgentLog('FN-1', 'emoji', 'tool', emoji);
  await store.appendAgentLog('FN-1', 'fits', 'tool', 'x'.repeat(4096));
  const once = (await store.getAgentLogs('FN-1', { limit: 1, offset: 6 }))[0]!.detail!;
  await store.appendAgentLog('FN-1', 'again', 'tool', once);
  const found = await store.getAgentLogs('FN-1');
  expect(found).toEqual(heard);
  const notice = '\n\n[tool output truncated at 4,096 characters]';
  const cut = 'x'.repeat(4096) + notice;
  expect(found.map(({ detail }) => detail)).toEqual([
    cut,
    cut,
    cut,
    long,
    long,
    'x'.repeat(4095) + notice,
    'x'.repeat(4096),
    cut,
  ]);
  const { store: whole } = await open();
  await whole.appendAgentLog('FN-1', 'Bash', 'tool', long);
  expect((await whole.getAgentLogs('FN-1'))[0]!.detail).toBe(long);
});

test('nobody who listens can change what is written, or keep others from hearing it', async () => {
  const { store, heard } = await open();
  const spoil = (entry: AgentLogEntry) => {
    entry.text = 'spoilt';
    (entry as unknown as { model: { name: string } }).model.name = 'spoilt';
    throw new Error('this listener throws');
  };
  store.off('agent:log', () => undefined).on('agent:log', spoil);
  const late: string[] = [];
  store.on('agent:log', ({ taskId }) => late.push(taskId));
  const model = { model: { name: 'm' } };
  await store.appendAgentLog('FN-1', 'one', 'text', null, null, model as object);
  await store.appendAgentLogBatch([{ ...text('two'), ...model }]);
  expect(await store.getAgentLogs('FN-1')).toMatchObject([
    { text: 'one', ...model },
    { text: 'two', ...model },
  ]);
  expect(late).toEqual(['FN-1', 'FN-1']);
  store.off('agent:log', spoil);
  await store.appendAgentLogBatch([text('three')]);
  expect(heard.at(-1)?.text).toBe('three');
});

test('what cannot be logged is refused, told, heard by nobody, and takes nothing else along', async () => {
  const { store, heard } = await open();
  const warnings: AgentLogWarning[] = [];
  store.on('warning', (warning) => warnings.push(warning));
  const wrong = { taskId: 'FN-1', type: 'text', text: 7 } as unknown as AgentLogInput;
  // Nobody waits for it, and the process goes on.
  store.appendAgentLog('FN-1', 7 as unknown as string, 'text');
  store.appendAgentLog('FN-1', 'fine', 'text');
  await expect(store.appendAgentLogBatch([text('a'), wrong])).rejects.toMatchObject({
    code: 'AGENTLOG_ENTRY_INVALID',
    message: expect.stringContaining('entries[1]'),
  });
  const inexact = { ...text('b'), durationMs: Number.NaN };
  await expect(store.appendAgentLogBatch([inexact])).rejects.toMatchObject({
    code: 'AGENTLOG_ENTRY_INVALID',
  });
  const object = { ...text('c'), detail: {} } as unknown as AgentLogInput;
  await expect(store.appendAgentLogBatch([object])).rejects.toThrow('detail must be a string, not object');
  await expect(store.appendAgentLogBatch(text('d') as never)).rejects.toThrow(TypeError);
  expect(textsOf(await store.getAgentLogs('FN-1'))).toEqual(['fine']);
  expect(textsOf(heard)).toEqual(['fine']);
  expect(warnings).toMatchObject([
    { code: 'AGENTLOG_WRITE_DROPPED', message: expect.stringContaining('appendAgentLog() dropped 1 entry') },
  ]);
});

test('what is hidden from the log is hidden from those who listen', async () => {
  const { store, heard } = await open({
    redact: (entry) => ({ ...entry, text: entry.text.replace('secret', '***') }),
  });
  await store.appendAgentLog('FN-1', 'a secret', 'text');
  await store.appendAgentLogBatch([text('another secret')]);
  expect(textsOf(heard)).toEqual(['a ***', 'another ***']);
  expect(await store.getAgentLogs('FN-1')).toEqual(heard);
});

test('entries of other writers can be read, whatever their detail and time', async () => {
  const { store, directory } = await open();
  const log = await openStore(directory);
  const entry = { taskId: 'FN-1', type: 'text', text: '' };
  const last = Number.MAX_SAFE_INTEGER;
  await log.appendBatch([
    { ...entry, detail: { exit: 0 } },
    { ...entry, detail: { timing: 4 }, timestamp: last },
    { ...entry, detail: { timing: { durationMs: 1 }, more: 1 } },
    { ...entry, detail: null },
  ]);
  const found = await store.getAgentLogs('FN-1');
  const details = ['{"exit":0}', '{"timing":4}', '{"timing":{"durationMs":1},"more":1}', 'null'];
  expect(found.map(({ detail }) => detail)).toEqual(details);
  expect(found[1]!.timestamp).toBe('+275760-09-13T00:00:00.000Z');
});

test('counts neither shrink nor count twice while entries become rows', async () => {
  const { store, directory } = await open();
  const log = await openStore(directory);
  let given = 0;
  let acknowledged = 0;
  let isOver = false;
  const agent = async () => {
    while (!isOver) {
      given += 3;
      await store.appendAgentLogBatch([text('one'), { ...text('two'), type: 'tool' }, text('three')]);
      acknowledged += 3;
    }
  };
  const agents = [agent(), agent(), agent()];
  let last = 0;
  const watch = async () => {
    while (!isOver) {
      const least = acknowledged;
      const count = await store.getAgentLogCount('FN-1');
      expect(count).toBeGreaterThanOrEqual(Math.max(last, least));
      expect(count).toBeLessThanOrEqual(given);
      last = count;
    }
  };
  const watching = watch();
  for (let round = 0; round < 8; round++) await log.compact();
  isOver = true;
  await Promise.all([...agents, watching]);
  expect(await store.getAgentLogCount('FN-1')).toBe(acknowledged);
  expect(await store.getAgentLogCount('FN-1', { type: 'tool' })).toBe(acknowledged / 3);
});

test('closing writes what waits; afterwards nothing is logged, and nobody is hurt by trying', async () => {
  const { store, directory } = await open();
  store.on('warning', () => undefined);
  store.appendAgentLog('FN-1', 'waits', 'text');
  const closing = store.close();
  store.appendAgentLog('FN-1', 'too late', 'text');
  await closing;
  await store.close();
  store.flushAgentLogBuffer();
  await expect(store.appendAgentLog('FN-1', 'too late', 'text')).rejects.toMatchObject({
    code: 'AGENTLOG_CLOSED',
  });
  await expect(store.appendAgentLogBatch([text('too late')])).rejects.toMatchObject({
    code: 'AGENTLOG_CLOSED',
  });
  const { store: next } = await open({}, directory);
  expect(textsOf(await next.getAgentLogs('FN-1'))).toEqual(['waits']);
});

test('a store that only reads refuses what it is given, and does not keep it', async () => {
  const { store: writer, directory } = await open();
  await writer.appendAgentLog('FN-1', 'one', 'text');
  const { store } = await open({ readOnly: true, on: { warning: () => undefined } }, directory);
  const refused = { code: 'AGENTLOG_READ_ONLY' };
  await expect(store.appendAgentLog('FN-1', 'two', 'text')).rejects.toMatchObject(refused);
  await expect(store.appendAgentLogBatch([text('two')])).rejects.toMatchObject(refused);
  expect(textsOf(await store.getAgentLogs('FN-1'))).toEqual(['one']);
});

test('when too much waits, a batch is refused, and the oldest of what is kept is dropped and told', async () => {
  const warnings: AgentLogWarning[] = [];
  const on = { warning: (warning: AgentLogWarning) => void warnings.push(warning) };
  const { store } = await open({ maxPendingBytes: 65_536, on });
  const long = (name: string) => name.padEnd(30_000);
  const works = ['a', 'b', 'c'].map((name) => store.appendAgentLog('FN-1', long(name), 'text'));
  const batch = store.appendAgentLogBatch([text(long('d')), text(long('e'))]);
  const refused = store.appendAgentLogBatch([text('f')]);
  await expect(refused).rejects.toMatchObject({ code: 'AGENTLOG_OVERLOADED' });
  expect((await Promise.all(works)).map((reference) => typeof reference)).toEqual([
    'undefined',
    'string',
    'string',
  ]);
  await batch;
  const found = textsOf(await store.getAgentLogs('FN-1')).map((long) => long.trimEnd());
  expect(found).toEqual(['b', 'c', 'd', 'e']);
  expect(warnings).toMatchObject([
    { code: 'AGENTLOG_WRITE_DROPPED', message: expect.stringContaining('slower than what is logged') },
  ]);
});

test('a misused option is a TypeError', async () => {
  await expect(open({ capToolDetail: 1 as never })).rejects.toThrow(/capToolDetail must be true or false/);
  await expect(open({ capTool: true } as never)).rejects.toThrow(/no option capTool/);
});
