/** A backup is a store that holds everything acknowledged before the call, taken while others write, compact and die. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AgentLog } from '../../src/api.js';
import { tempDir } from '../package/support/temp-dir.js';
import { Random } from '../support/random.js';
import { idsAndTexts, openAgentLog, openStore, storePath } from './support/stores.js';

test('holds what was acknowledged before it, whole, once, while two handles write, compact and delete', async () => {
  for (let seed = 1; seed <= 4; seed++) {
    const random = new Random(seed);
    const logs: AgentLog[] = [];
    const store = storePath();
    for (const segmentBytes of [65_536, 1_000_000]) logs.push(await openStore(store, { segmentBytes }));
    const acknowledged = new Map<string, string>();
    let stop = false;
    const caller = async (name: number) => {
      for (let n = 0; !stop; n++) {
        const text = `${name}/${n} ${'x'.repeat(random.below(500))}`;
        const log = logs[name % 2]!;
        acknowledged.set(await log.append({ taskId: `task ${name}`, type: 'text', text }), text);
        if (name === 0 && n % 50 === 49) await log.compact();
      }
    };
    const callers = Array.from({ length: 8 }, (_, name) => caller(name));
    await logs[0]!.deleteTask('none');
    while (acknowledged.size < random.between(1000, 4000))
      await new Promise((resolve) => setTimeout(resolve, 5));
    const before = new Map(acknowledged);
    const target = join(tempDir(), 'backup');
    const progress: number[] = [];
    const result = await logs[1]!.backup(target, {
      onProgress: ({ pagesLeft, segmentsLeft }) => progress.push(pagesLeft + segmentsLeft),
    });
    stop = true;
    await Promise.all(callers);
    expect(result.bytes).toBeGreaterThan(0);
    expect(progress.at(-1)).toBe(0);
    const copy = await openStore(target);
    const found = new Map(await idsAndTexts(copy));
    expect([...before].filter(([id, text]) => found.get(id) !== text)).toEqual([]);
    expect([...found].filter(([id, text]) => acknowledged.get(id) !== text)).toEqual([]);
    // It is a store like any other, and its ids go on where those of the other stood.
    const id = await copy.append({ taskId: 'later', type: 'text', text: 'of the copy' });
    expect(id > [...found.keys()].at(-1)!).toBe(true);
    await copy.compact();
    expect(new Map(await idsAndTexts(copy)).size).toBe(found.size + 1);
    for (const log of logs) await log.close();
  }
});

test('a handle that only reads can make one, of a store that has no database yet, too', async () => {
  const store = storePath();
  const log = await openStore(store);
  const id = await log.append({ taskId: 't', type: 'text', text: 'only in a segment' });
  const reader = await openStore(store, { readOnly: true });
  const target = join(tempDir(), 'backup');
  expect(await reader.backup(target)).toMatchObject({ segments: 1 });
  expect(await idsAndTexts(await openStore(target, { readOnly: true }))).toEqual([[id, 'only in a segment']]);
});

test('needs a directory of its own, and what is aborted is no store', async () => {
  const store = storePath();
  const log = await openStore(store);
  await log.append({ taskId: 't', type: 'text', text: 'x' });
  const full = tempDir();
  writeFileSync(join(full, 'something'), '');
  await expect(log.backup(full)).rejects.toMatchObject({
    code: 'AGENTLOG_IO',
    message: expect.stringMatching(/is not empty/),
  });
  expect(readdirSync(full)).toEqual(['something']);
  await expect(log.backup('')).rejects.toThrow(TypeError);
  const empty = join(tempDir(), 'empty');
  mkdirSync(empty);
  await log.backup(empty);
  expect(await idsAndTexts(await openStore(empty))).toHaveLength(1);
  await expect(log.backup(join(store, 'inside'))).rejects.toThrow(/lies in the store/);
  // As one that was cut short before its last step.
  const unfinished = join(tempDir(), 'unfinished');
  await log.backup(unfinished);
  rmSync(join(unfinished, 'agentlog.json'));
  await expect(openAgentLog(unfinished)).rejects.toMatchObject({ code: 'AGENTLOG_FORMAT' });
  const target = join(tempDir(), 'aborted');
  const controller = new AbortController();
  const aborted = log.backup(target, { signal: controller.signal, onProgress: () => controller.abort() });
  controller.abort(new Error('no more'));
  await expect(aborted).rejects.toThrow('no more');
  await expect(openAgentLog(target, { readOnly: true })).rejects.toMatchObject({
    code: 'AGENTLOG_NOT_FOUND',
  });
  const threw = log.backup(join(tempDir(), 'threw'), {
    onProgress: () => {
      throw new Error('of the listener');
    },
  });
  await expect(threw).rejects.toThrow('of the listener');
});

test('the copy of a store with an index for searches gets one again when its database is made anew', async () => {
  const store = storePath();
  const copy = join(tempDir(), 'copy');
  const log = await openStore(store, { fullText: true });
  await log.append({ taskId: 't', type: 'text', text: 'a word' });
  await log.compact();
  await log.append({ taskId: 't', type: 'text', text: 'another word' });
  await log.backup(copy);
  // Nothing is left of it that could say that it had one.
  writeFileSync(join(copy, 'agent-log.db'), 'no database');
  const copied = await openStore(copy, { on: { heal: () => undefined, warning: () => undefined } });
  await copied.compact();
  expect((await copied.search('word')).map(({ text }) => text)).toContain('another word');
});
