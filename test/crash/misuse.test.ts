/** Options and calls that are wrong, and what a closed or read-only handle says. */
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { idsAndTexts, openAgentLog, openStore, storePath } from './support/stores.js';

const ENTRY = { taskId: 't', type: 'text', text: 'x' };
const failing = (code: string) => expect.objectContaining({ name: 'AgentLogError', code });

const WRONG: readonly [options: unknown, message: RegExp][] = [
  [null, /options of openAgentLog must be an object, not null/],
  ['readOnly', /options of openAgentLog must be an object, not "readOnly"/],
  [{ readOnly: 1 }, /option readOnly must be true or false, not 1/],
  [{ readonly: true }, /no option readonly; was readOnly meant\?/],
  [{ segmentByte: 1 }, /no option segmentByte; was segmentBytes meant\?/],
  [{ maxPendingByts: 1 }, /no option maxPendingByts; was maxPendingBytes meant\?/],
  [{ durability: 'none' }, /no option durability; there are: readOnly, segmentBytes, /],
  [{ segmentBytes: 1000 }, /option segmentBytes must be a whole number of bytes from 65536 to \d+, not 1000/],
  [{ segmentBytes: '8MB' }, /option segmentBytes .* not "8MB"/],
  [{ maxPendingBytes: 65_536.5 }, /option maxPendingBytes .* not 65536.5/],
  [{ maxEntryBytes: Number.POSITIVE_INFINITY }, /option maxEntryBytes .* not Infinity/],
  [{ redact: 'secrets' }, /option redact must be a function from entry to entry, not "secrets"/],
  [{ now: 5 }, /option now must be a function/],
  [
    { worker: '/worker.js' },
    /option worker must be a URL object of a file, such as pathToFileURL\(path\), not "\/worker.js"/,
  ],
  [
    { worker: new URL('https://example.org/worker.js') },
    /option worker must be a URL object of a file, such as pathToFileURL\(path\), not object/,
  ],
  [
    { worker: { href: 'worker.js' } },
    /option worker must be a URL object of a file, such as pathToFileURL\(path\), not object/,
  ],
  [{ allowForeignOwner: null }, /option allowForeignOwner must be true or false, not null/],
  [
    { on: { warnings: () => undefined } },
    /no event 'warnings'; there are: compact, recover, damage, heal, warning/,
  ],
  [{ on: { warning: 5 } }, /listener of 'warning' must be a function/],
];

test.each(WRONG)(
  'the options %j are a TypeError that says what is wrong, before anything is made',
  async (options, message) => {
    const store = storePath();
    const error = await openAgentLog(store, options as object).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toMatch(message);
    expect(existsSync(store)).toBe(false);
  },
);

test.each([undefined, '', 5, null])('the directory %j is a TypeError', async (directory) => {
  await expect(openAgentLog(directory as string)).rejects.toThrow(/directory of openAgentLog must be a path/);
});

test('options that are undefined are those that were left out', async () => {
  const log = await openStore(storePath(), {
    readOnly: undefined,
    segmentBytes: undefined,
    redact: undefined,
  });
  await log.append(ENTRY);
});

test('there is no such event, and a listener must be a function', async () => {
  const log = await openStore(storePath());
  expect(() => log.on('error' as 'warning', () => undefined)).toThrow(
    /no event 'error'; there are: compact, recover, damage, heal, warning/,
  );
  expect(() => log.on('warning', 5 as never)).toThrow(TypeError);
  expect(() => log.off('error' as 'warning', () => undefined)).toThrow(TypeError);
});

test('after close everything but close is AGENTLOG_CLOSED, and write drops', async () => {
  const store = storePath();
  const dropped: unknown[] = [];
  const log = await openStore(store, { on: { warning: (warning) => dropped.push(warning) } });
  const id = await log.append(ENTRY);
  log.write({ ...ENTRY, text: 'taken before' });
  const closing = log.close();
  const closed = failing('AGENTLOG_CLOSED');
  const expectClosed = async () => {
    await expect(log.append(ENTRY)).rejects.toEqual(closed);
    await expect(log.appendBatch([ENTRY])).rejects.toEqual(closed);
    await expect(log.appendBatch([])).rejects.toEqual(closed);
    expect(() => log.appendSync(ENTRY)).toThrow(closed);
    await expect(idsAndTexts(log)).rejects.toEqual(closed);
    await expect(log.get(id)).rejects.toEqual(closed);
    log.write(ENTRY);
  };
  await expectClosed();
  expect(log.close()).toBe(closing);
  await closing;
  await expectClosed();
  await log[Symbol.asyncDispose]();
  expect(await log.stats()).toMatchObject({ dropped: 2, acknowledged: 2, pendingBytes: 0 });
  expect(dropped).toEqual([
    expect.objectContaining({ code: 'AGENTLOG_WRITE_DROPPED', cause: closed }),
    expect.anything(),
  ]);
  expect((await idsAndTexts(await openStore(store))).map(([, text]) => text)).toEqual(['x', 'taken before']);
});

test('a handle is closed at the end of its block', async () => {
  const store = storePath();
  let outside: Awaited<ReturnType<typeof openStore>>;
  {
    await using log = await openAgentLog(store);
    log.write(ENTRY);
    outside = log as typeof outside;
  }
  await expect(outside.append(ENTRY)).rejects.toEqual(failing('AGENTLOG_CLOSED'));
  expect(await idsAndTexts(await openStore(store))).toHaveLength(1);
});

test('a handle that only reads is AGENTLOG_READ_ONLY to those who append, has no slot and sees what others append', async () => {
  const store = storePath();
  const writer = await openStore(store);
  const reader = await openStore(store, { readOnly: true, on: { warning: () => undefined } });
  const readOnly = failing('AGENTLOG_READ_ONLY');
  await expect(reader.append(ENTRY)).rejects.toEqual(readOnly);
  await expect(reader.appendBatch([ENTRY])).rejects.toEqual(readOnly);
  expect(() => reader.appendSync(ENTRY)).toThrow(readOnly);
  reader.write(ENTRY);
  await reader.flush();
  reader.flushSync();
  const id = await writer.append(ENTRY);
  expect(await reader.get(id)).toMatchObject({ id, ...ENTRY });
  expect(await reader.stats()).toEqual({
    slot: null,
    acknowledged: 0,
    pendingBytes: 0,
    dropped: 1,
    backlog: { segments: 0, bytes: 0 },
    leading: false,
    recovered: { segments: 0, entries: 0, tornBytes: 0 },
    damaged: 0,
    healed: 0,
  });
  expect((await idsAndTexts(reader)).map(([found]) => found)).toEqual([id]);
});

test.each(['', 'x', '0000000000000', 'Z'.repeat(13), '0'.repeat(14)])(
  'get of %j finds nothing',
  async (id) => {
    const log = await openStore(storePath());
    await log.append(ENTRY);
    expect(await log.get(id)).toBeUndefined();
  },
);

test('get of what is no string is a TypeError', async () => {
  const log = await openStore(storePath());
  await expect(log.get(5 as never)).rejects.toThrow(TypeError);
});
