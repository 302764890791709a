/**
 * Every way to read against a plain array: whatever was appended, deleted, compacted, killed or cut off before, and
 * whichever handle is asked.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoredEntry } from '../../src/entry.js';
import {
  actsWith,
  last,
  ModelStore,
  matches,
  type Question,
  questionWith,
  TASKS,
} from './support/model-store.js';

const RUNS = 400;

async function ask(store: ModelStore, asked: Question): Promise<void> {
  const { model } = store;
  const { order, count, taskId, type } = asked;
  const log = store.logs[asked.who]!;
  const { filter, wanted } = store.wantedBy(asked);
  const ordered = order === 'asc' ? wanted : wanted.toReversed();
  expect(await log.entries({ ...filter, order, limit: count })).toEqual(ordered.slice(0, count));
  expect(await log.entries({ ...filter, last: count })).toEqual(last(wanted, count));
  const scanned: StoredEntry[] = [];
  for await (const entry of log.scan({ ...filter, order })) scanned.push(entry);
  expect(scanned).toEqual(ordered);
  expect(await log.count({ taskId, type })).toBe(
    model.filter((entry) => matches(entry, { taskId, type })).length,
  );
  expect(await log.tasks()).toEqual(tasksOf(model));
  const any = model[count % (model.length + 1)];
  if (any !== undefined) expect(await log.get(any.id)).toEqual(any);
  expect(store.scene.damages).toEqual([]);
}

function tasksOf(model: readonly StoredEntry[]): unknown[] {
  return TASKS.flatMap((taskId) => {
    const entries = model.filter((entry) => entry.taskId === taskId);
    const newest = entries.at(-1);
    if (newest === undefined) return [];
    const types: { [type: string]: number } = {};
    for (const { type } of entries) types[type] = (types[type] ?? 0) + 1;
    const bytes = entries.reduce((sum, entry) => sum + textBytes(entry), 0);
    return [
      { taskId, entries: entries.length, bytes, lastId: newest.id, lastTimestamp: newest.timestamp, types },
    ];
  }).sort((a, b) => (a.lastId < b.lastId ? 1 : -1));
}

function textBytes({ taskId, type, text, agent, detail }: StoredEntry): number {
  const texts = [taskId, type, text, agent ?? '', detail === undefined ? '' : JSON.stringify(detail)];
  return texts.reduce((sum, one) => sum + Buffer.byteLength(one.toWellFormed()), 0);
}

test('every reading is what a plain array would give', async () => {
  const act = actsWith(fc.string({ unit: 'grapheme', maxLength: 60 }));
  const steps = fc.array(fc.tuple(fc.array(act, { maxLength: 8 }), questionWith(1)), {
    minLength: 1,
    maxLength: 8,
  });
  let asked = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1e9 }), steps, async (seed, all) => {
      const store = new ModelStore(seed);
      await store.openAll();
      for (const [acts, asking] of all) {
        for (const one of acts) await store.do(one);
        await ask(store, asking);
        asked++;
      }
      await store.closeAll();
    }),
    { numRuns: RUNS },
  );
  expect(asked).toBeGreaterThan(RUNS);
});
