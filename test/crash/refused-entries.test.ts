/** Entries that are not taken: invalid, too large, too many, or held back by the host's redaction. Nothing of them is written. */
import { expect, test } from 'vitest';
import type { AgentLog } from '../../src/api.js';
import type { Entry } from '../../src/entry.js';
import type { AgentLogWarning } from '../../src/events.js';
import { runHost } from './support/host.js';
import { idsAndTexts, openStore, storePath, textsIn } from './support/stores.js';

const entry = (text: string): Entry => ({ taskId: 't', type: 'text', text });
const failing = (code: string) => expect.objectContaining({ name: 'AgentLogError', code });

/** Each way of appending refuses `refused` with `code`, and a batch with it is not written at all. */
async function expectRefused(log: AgentLog, refused: unknown, code: string): Promise<void> {
  const { dropped } = await log.stats();
  const bad = refused as Entry;
  await expect(log.append(bad)).rejects.toEqual(failing(code));
  await expect(log.appendBatch([entry('good'), bad, entry('good')])).rejects.toEqual(failing(code));
  expect(() => log.appendSync(bad)).toThrow(failing(code));
  log.write(bad);
  await log.flush();
  expect(await log.stats()).toMatchObject({ dropped: dropped + 1, pendingBytes: 0 });
}

const cycle: unknown[] = [];
cycle.push(cycle);

test.each([
  ['null', null],
  ['a text', 'text'],
  ['no taskId', { type: 'text', text: 'x' }],
  ['a taskId that is a number', { ...entry('x'), taskId: 5 }],
  ['a text that is none', { ...entry('x'), text: 5 }],
  ['an agent that is null', { ...entry('x'), agent: null }],
  ['a timestamp that is a Date', { ...entry('x'), timestamp: new Date() }],
  ['a timestamp that is no whole number', { ...entry('x'), timestamp: 0.5 }],
  ['a taskId of 64 KiB', { ...entry('x'), taskId: 'x'.repeat(65_536) }],
  ['a detail with undefined', { ...entry('x'), detail: { a: undefined } }],
  ['a detail with NaN', { ...entry('x'), detail: [Number.NaN] }],
  ['a detail that is a bigint', { ...entry('x'), detail: 5n }],
  ['a detail that is a Date', { ...entry('x'), detail: new Date() }],
  ['a detail with a cycle', { ...entry('x'), detail: cycle }],
  [
    'a getter that throws',
    {
      ...entry('x'),
      get detail() {
        throw Object.assign(new Error('no'), { name: 'AgentLogError', code: 'AGENTLOG_ENTRY_INVALID' });
      },
    },
  ],
])('an entry that is invalid (%s) is refused', async (_, refused) => {
  const store = storePath();
  const log = await openStore(store, { on: { warning: () => undefined } });
  await expectRefused(log, refused, 'AGENTLOG_ENTRY_INVALID');
  await log.append(entry('after'));
  await log.close();
  expect(await textsIn(store)).toEqual(['after']);
});

test('an entry is refused when its texts take more bytes than maxEntryBytes, and taken when they take as many', async () => {
  const store = storePath();
  const log = await openStore(store, { maxEntryBytes: 1024, on: { warning: () => undefined } });
  const most = 1024 - 't'.length - 'text'.length;
  await expectRefused(log, entry('x'.repeat(most + 1)), 'AGENTLOG_ENTRY_TOO_LARGE');
  // Bytes, not characters.
  await expectRefused(log, entry('é'.repeat(most / 2 + 1)), 'AGENTLOG_ENTRY_TOO_LARGE');
  await expectRefused(log, { ...entry(''), detail: 'x'.repeat(most) }, 'AGENTLOG_ENTRY_TOO_LARGE');
  await log.append(entry('x'.repeat(most)));
  await log.close();
  expect(await textsIn(store)).toEqual(['x'.repeat(most)]);
});

test('a burst beyond maxPendingBytes is rejected, nothing of it is written, and then appending goes on', async () => {
  const store = storePath();
  const log = await openStore(store, { maxPendingBytes: 65_536 });
  const texts = Array.from({ length: 300 }, (_, n) => `${n} ${'x'.repeat(1000)}`);
  const outcomes = await Promise.allSettled(texts.map((text) => log.append(entry(text))));
  const batch = Array.from({ length: 100 }, () =>
    log.appendBatch([entry('batch 1'), entry('x'.repeat(1000))]),
  );
  const batches = await Promise.allSettled(batch);
  const rejected = [...outcomes, ...batches].filter(({ status }) => status === 'rejected');
  expect(outcomes.filter(({ status }) => status === 'rejected').length).toBeGreaterThan(200);
  expect(batches.some(({ status }) => status === 'rejected')).toBe(true);
  for (const one of rejected) expect(one).toMatchObject({ reason: { code: 'AGENTLOG_OVERLOADED' } });
  expect((await log.stats()).pendingBytes).toBe(0);
  await log.append(entry('after'));
  await log.close();
  const found = await textsIn(store);
  const taken = texts.filter((_, n) => outcomes[n]!.status === 'fulfilled');
  expect(found.filter((text) => /^\d/.test(text))).toEqual(taken);
  expect(found).toHaveLength(
    taken.length + 2 * batches.filter(({ status }) => status === 'fulfilled').length + 1,
  );
});

test('write drops what is beyond maxPendingBytes, counts it, and warns of it twice: at once, and of the rest together', async () => {
  const store = storePath();
  const warnings: AgentLogWarning[] = [];
  const log = await openStore(store, {
    maxPendingBytes: 65_536,
    on: { warning: (warning) => warnings.push(warning) },
  });
  for (let n = 0; n < 300; n++) log.write(entry(`${n} ${'x'.repeat(1000)}`));
  await log.flush();
  const { dropped, acknowledged } = await log.stats();
  expect(dropped + acknowledged).toBe(300);
  expect(dropped).toBeGreaterThan(200);
  expect(warnings).toHaveLength(1);
  await log.close();
  expect(warnings.map(({ code, message }) => [code, message.split(':')[0]])).toEqual([
    ['AGENTLOG_WRITE_DROPPED', 'write() dropped 1 entry'],
    ['AGENTLOG_WRITE_DROPPED', `write() dropped ${dropped - 1} entries`],
  ]);
  expect(await textsIn(store)).toHaveLength(acknowledged);
});

test('a batch may be larger than maxPendingBytes; one of no entries gives no ids', async () => {
  const log = await openStore(storePath(), { maxPendingBytes: 65_536, segmentBytes: 65_536 });
  expect(await log.appendBatch([])).toEqual([]);
  const texts = Array.from({ length: 3000 }, (_, n) => `${n} ${'x'.repeat(1000)}`);
  const ids = await log.appendBatch(texts.map(entry));
  expect(await idsAndTexts(log)).toEqual(ids.map((id, n) => [id, texts[n]]));
});

test.each([5, 'text', undefined, { 0: entry('x'), length: 1 }])(
  'appendBatch of %j is a TypeError',
  async (entries) => {
    const log = await openStore(storePath());
    await expect(log.appendBatch(entries as never)).rejects.toThrow(TypeError);
  },
);

test('redact decides what is logged, and the entry that was given stays as it is', async () => {
  const store = storePath();
  const secret = 'token=12345';
  const log = await openStore(store, {
    redact: (given) => ({ ...given, text: given.text.replace(/token=\d+/, 'token=***'), detail: null }),
  });
  const given = Object.freeze({ ...entry(secret), detail: secret });
  await log.append(given);
  log.appendSync(given);
  await log.appendBatch([given]);
  log.write(given);
  await log.close();
  expect(await textsIn(store)).toEqual(Array.from({ length: 4 }, () => 'token=***'));
});

test.each<[string, (given: Entry) => unknown]>([
  [
    'throws',
    () => {
      throw new Error('a defect with the secret in it');
    },
  ],
  ['returns a promise', async (given) => given],
  ['returns undefined', () => undefined],
  ['returns a text', ({ text }) => text],
  ['returns an invalid entry', (given) => ({ ...given, text: 5 })],
])('an entry for which redact %s is not written, and its text is in no message', async (_, redact) => {
  const store = storePath();
  const warnings: AgentLogWarning[] = [];
  const log = await openStore(store, {
    redact: (given) => (given.text.includes('secret') ? (redact(given) as Entry) : given),
    on: { warning: (warning) => warnings.push(warning) },
  });
  await expectRefused(log, entry('the secret'), 'AGENTLOG_ENTRY_INVALID');
  expect(warnings).toHaveLength(1);
  expect(warnings[0]!.message).not.toContain('secret');
  await log.append(entry('after'));
  await log.close();
  expect(await textsIn(store)).toEqual(['after']);
});

test('listeners that throw do not reach the writer, and what nobody hears goes to the process, once per code', async () => {
  const store = storePath();
  const said = await runHost(
    `const warnings = [];
    process.removeAllListeners('warning').on('warning', ({ name, code, message }) => warnings.push([name, code, message]));
    const log = await openAgentLog(args.store);
    for (let n = 0; n < 3; n++) log.write(null);
    await log.append(entry('one'));
    // The second warning of a handle, which nobody hears either.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await log.close();
    const unheard = warnings.splice(0);
    const calls = [];
    const throwing = await openAgentLog(args.store, { on: { warning: () => { calls.push(1); throw new Error('the listener failed'); } } });
    throwing.on('warning', () => calls.push(2));
    const removed = () => calls.push(3);
    throwing.on('warning', removed).off('warning', removed);
    throwing.write(null);
    const id = await throwing.append(entry('two'));
    await throwing.close();
    await new Promise(setImmediate);
    const reader = await openAgentLog(args.store, { readOnly: true });
    say({ unheard, thrown: warnings, calls, texts: (await read(reader)).map(([, text]) => text) });`,
    { args: { store } },
  );
  expect(said).toEqual({
    unheard: [
      ['AgentLogWarning', 'AGENTLOG_WRITE_DROPPED', expect.stringContaining('write() dropped 1 entry')],
    ],
    thrown: [['AgentLogWarning', 'AGENTLOG_LISTENER_THREW', expect.stringContaining('the listener failed')]],
    calls: [1, 2],
    texts: ['one', 'two'],
  });
});
