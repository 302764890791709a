/** Following a store from other processes: everything once, in order, at once, and over ends of whoever follows. */
import { expect, test } from 'vitest';
import type { StoredEntry } from '../../src/entry.js';
import { openStore, storePath } from './support/stores.js';

const entry = (text: string, taskId = 't', type = 'text') => ({ taskId, type, text });

async function take(follow: AsyncIterator<StoredEntry>, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) {
    const { value, done } = await follow.next();
    if (done) break;
    texts.push(value.text);
  }
  return texts;
}

test('gives what was there, then what comes, of all handles, and goes on where a cursor says', async () => {
  const store = storePath();
  const [a, b] = [await openStore(store), await openStore(store)];
  const reader = await openStore(store, { readOnly: true });
  await a.append(entry('1'));
  await a.compact();
  await b.append(entry('2'));
  const follow = reader.follow();
  expect(await take(follow, 2)).toEqual(['1', '2']);
  const later = take(follow, 2);
  await a.append(entry('3'));
  await b.append(entry('4'));
  expect(await later).toEqual(['3', '4']);
  const { cursor } = follow;
  await follow.return!();
  await a.appendBatch([entry('5'), entry('6')]);
  // What became rows before anybody looked is given all the same.
  await a.compact();
  await b.append(entry('7'));
  expect(await take(reader.follow({ cursor }), 3)).toEqual(['5', '6', '7']);
});

test('filters by task and type, and a cursor lies behind what was passed over', async () => {
  const store = storePath();
  const log = await openStore(store);
  const follow = log.follow({ taskId: 'x', type: ['text', 'tool'] });
  await log.appendBatch([
    entry('no'),
    entry('yes', 'x'),
    entry('no', 'x', 'other'),
    entry('also', 'x', 'tool'),
  ]);
  expect(await take(follow, 2)).toEqual(['yes', 'also']);
  const all = log.follow({ cursor: follow.cursor });
  await log.append(entry('last'));
  expect(await take(all, 1)).toEqual(['last']);
});

test('a follow from the cursor of now gives only what is acknowledged after it', async () => {
  const log = await openStore(storePath());
  await log.append(entry('before'));
  const follow = log.follow({ cursor: await log.cursor() });
  await log.append(entry('after'));
  expect(await take(follow, 1)).toEqual(['after']);
});

test('ends when it is aborted, left, or the handle is closed, also while it waits', async () => {
  const log = await openStore(storePath());
  const stop = new AbortController();
  const aborted = log.follow({ signal: stop.signal }).next();
  const closed = log.follow().next();
  const left = log.follow();
  const leaving = left.next();
  stop.abort();
  expect(await aborted).toEqual({ value: undefined, done: true });
  await left.return!();
  expect(await leaving).toEqual({ value: undefined, done: true });
  await log.close();
  expect(await closed).toEqual({ value: undefined, done: true });
});

test('a cursor of another store, or what is none, is a TypeError', async () => {
  const [one, other] = [await openStore(storePath()), await openStore(storePath())];
  await one.append(entry('1'));
  for (const cursor of [await one.cursor(), 'nonsense', ''])
    expect(() => other.follow({ cursor })).toThrow(TypeError);
});
