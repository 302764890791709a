/** Clocks that step back and forward, in processes that are killed or close, one after the other. */
import { expect, test } from 'vitest';
import { startHost } from './support/host.js';
import { idsAndTexts, openStore, storePath } from './support/stores.js';

const DAY = 24 * 3_600_000;
const YEAR = 365 * DAY;

/** Shifts its clock as it is told before each of its appends. */
const PROGRAM = `
  let shift = args.shift;
  const log = await openAgentLog(args.store, { now: () => Date.now() + shift });
  say((await log.stats()).slot);
  for (let told = await hear(); told !== 'close'; told = await hear()) {
    shift = told;
    say([await log.append(entry('a')), log.appendSync(entry('b')), ...await log.appendBatch([entry('c'), entry('d')])]);
  }
  await log.close();
  say('closed');
  process.exit();`;

test('ids grow within a writer, and none is given twice, whatever the clock does', async () => {
  const store = storePath();
  const given: string[] = [];
  /** Lives with these shifts of the clock; the first is that of the opening. */
  const live = async (shifts: readonly number[], end: 'close' | 'kill') => {
    const host = startHost(PROGRAM, { args: { store, shift: shifts[0]! } });
    const slot = await host.says();
    const ids: string[] = [];
    for (const shift of shifts) ids.push(...((await host.ask(shift)) as string[]));
    expect(ids).toEqual(ids.toSorted());
    given.push(...ids);
    if (end === 'close') expect(await host.ask('close')).toBe('closed');
    else await host.kill();
    return slot;
  };
  expect(await live([0, -DAY, -DAY, 0], 'close')).toBe(0);
  // A day earlier the slot is not usable: its ids lie ahead. Now it is, since it was closed.
  expect(await live([-DAY], 'close')).toBe(1);
  expect(await live([0, YEAR, 0], 'close')).toBe(0);
  // Its ceiling is a year ahead for good, close or not.
  expect(await live([0, -DAY], 'kill')).toBe(1);
  expect(await live([0], 'kill')).toBe(2);
  expect(await live([YEAR + DAY], 'close')).toBe(0);
  expect(await live([-DAY, YEAR, -DAY], 'kill')).toBe(3);
  expect(await live([-DAY], 'kill')).toBe(4);

  const found = await idsAndTexts(await openStore(store, { readOnly: true }));
  expect(found.map(([id]) => id)).toEqual(given.toSorted());
  expect(new Set(given).size).toBe(given.length);
});

test('a clock that cannot be one is refused, and nothing is written', async () => {
  const store = storePath();
  await expect(openStore(store, { now: () => Number.NaN })).rejects.toThrow(/option now .* not NaN/);
  let time: number = Date.now();
  const log = await openStore(store, { now: () => time });
  time = 1.5;
  await expect(log.append({ taskId: 't', type: 'text', text: 'x' })).rejects.toThrow(TypeError);
  expect(await idsAndTexts(log)).toEqual([]);
  time = Date.now();
});
