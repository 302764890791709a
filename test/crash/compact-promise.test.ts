/** `compact()`: when it resolves, what the handle had acknowledged is in the database. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore, storePath } from './support/stores.js';

const entry = (text: string) => ({ taskId: 't', type: 'text', text });

test('also what lies in a segment that is being sealed, because it was full', async () => {
  const log = await openStore(storePath(), { segmentBytes: 65_536 });
  for (let n = 0; n < 30; n++) {
    await log.append(entry('x'.repeat(70_000)));
    // A segment of its own, beside the one that is sealed in the background.
    await log.append(entry('y'));
    expect(await log.compact()).toMatchObject({ entries: 2 });
    expect((await log.stats()).backlog).toEqual({ segments: 0, bytes: 0 });
  }
});

test('a close brings in what waits, also when that takes longer than it would wait for readers', async () => {
  const store = storePath();
  const log = await openStore(store);
  for (let n = 0; n < 100_000; n++) log.write(entry(`${n} ${'x'.repeat(60)}`));
  await log.close();
  expect(readdirSync(join(store, 'segments'))).toEqual([]);
  expect(readdirSync(join(store, 'archive'))).not.toEqual([]);
});

test('of several at once, and of two handles, each keeps it', async () => {
  const store = storePath();
  const [a, b] = [await openStore(store), await openStore(store)];
  for (let n = 0; n < 5; n++) {
    await Promise.all([a.append(entry('a')), b.append(entry('b'))]);
    const results = await Promise.all([a.compact(), b.compact(), a.compact(), b.compact()]);
    expect((await a.stats()).backlog).toEqual({ segments: 0, bytes: 0 });
    expect(results.length).toBe(4);
  }
});

test('one that a close cuts short is AGENTLOG_CLOSED, and so is one after it; a listener that throws fails only its own', async () => {
  const log = await openStore(storePath());
  await log.append(entry('x'));
  await expect(
    log.compact({
      onProgress: () => {
        throw new Error('of the listener');
      },
    }),
  ).rejects.toThrow('of the listener');
  await log.append(entry('x'));
  const cut = [log.compact(), log.compact()].map((promise) => promise.catch(({ code }) => code));
  await log.close();
  for (const result of await Promise.all(cut)) {
    if (typeof result === 'string') expect(result).toBe('AGENTLOG_CLOSED');
    else expect(result.segments).toBeLessThan(2);
  }
  await expect(log.compact()).rejects.toMatchObject({ code: 'AGENTLOG_CLOSED' });
});

test('aborting ends the waiting, not the work', async () => {
  const log = await openStore(storePath());
  await log.append(entry('x'));
  await expect(log.compact({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  const controller = new AbortController();
  const aborted = log.compact({ signal: controller.signal });
  controller.abort(new Error('meanwhile'));
  await expect(aborted).rejects.toThrow('meanwhile');
  await log.compact();
  expect((await log.stats()).backlog.segments).toBe(0);
});

// A round by age would come after a minute.
test('a prune is carried out soon, without anybody calling compact', { timeout: 45_000 }, async () => {
  const store = storePath();
  const log = await openStore(store);
  for (let n = 0; n < 5; n++) await log.append({ taskId: 't', type: 'text', text: String(n) });
  const round = new Promise((resolve) => log.on('compact', resolve));
  await log.prune({ keepPerTask: 2 });
  await round;
  expect(await log.sql('SELECT text FROM agentLogEntries')).toEqual([{ text: '3' }, { text: '4' }]);
});
