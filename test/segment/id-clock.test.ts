import { describe, expect, it } from 'vitest';
import { compareIds, ID_EPOCH, type IdHalves, unpackId } from '../../src/entry-id.js';
import { IdClock, tickOf } from '../../src/segment/id-clock.js';
import { Random } from '../support/random.js';

const DAY = 86_400_000;
const START = Date.UTC(2026, 5, 1);

describe('ids of one slot', () => {
  it('only grow, however the clock jumps and however fast they are taken', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed);
      let time = START;
      const clock = new IdClock(5, 0, () => time);
      let last: IdHalves = { high: 0, low: 0 };
      let wrong = 0;
      for (let i = 0; i < 20_000; i++) {
        if (random.chance(0.01)) time += random.pick([1, 1000, DAY, 365 * DAY, -1, -1000, -DAY]);
        const id = clock.next();
        if (compareIds(id, last) <= 0 || unpackId(id).slot !== 5) wrong++;
        last = id;
      }
      expect(wrong, `seed ${seed}`).toBe(0);
    }
  });

  it('carry the millisecond of the clock, and order by the time within it', () => {
    const clock = new IdClock(1, 0);
    for (let i = 0; i < 2000; i++) {
      const before = Date.now();
      const { time } = unpackId(clock.next());
      expect(time).toBeGreaterThanOrEqual(before);
      expect(time).toBeLessThanOrEqual(Date.now());
    }
  });

  it('of two writers are in the order of time, when that is more than a millisecond apart', () => {
    const clocks = [new IdClock(9, 0), new IdClock(2, 0)];
    let last = clocks[0]!.next();
    for (let i = 1; i <= 50; i++) {
      const given = Date.now();
      while (Date.now() < given + 2);
      const next = clocks[i % 2]!.next();
      expect(compareIds(next, last)).toBeGreaterThan(0);
      last = next;
    }
  });

  it('go on behind where the slot’s last writer may have been', () => {
    const future = tickOf(new IdClock(1, 0, () => START + DAY).next());
    const clock = new IdClock(1, future, () => START);
    expect(tickOf(clock.next())).toBe(future + 1);
    expect(tickOf(clock.idOf(future))).toBe(future);
  });

  it('run ahead of a clock that stands still, by one 4096th of a millisecond each', () => {
    const clock = new IdClock(1, 0, () => START);
    const first = tickOf(clock.next());
    for (let i = 0; i < 10_000; i++) clock.next();
    expect(clock.last - first).toBeGreaterThanOrEqual(10_000);
    expect(clock.last - first).toBeLessThan(10_000 + 4096);
    expect(unpackId(clock.idOf(clock.last)).time - START).toBeLessThanOrEqual(3);
    expect(clock.idOf(0)).toEqual({ high: 0, low: 1 });
    expect(unpackId(clock.idOf(2 ** 53 - 1)).time).toBe(ID_EPOCH + 2 ** 41 - 1);
  });
});
