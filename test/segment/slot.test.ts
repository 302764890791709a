/** Slots: one holder each, and no id of a slot given twice, whatever happens to clock, process, power or bytes. */
import { describe, expect, it } from 'vitest';
import { unpackId } from '../../src/entry-id.js';
import { tickOf } from '../../src/segment/id-clock.js';
import { Slot } from '../../src/segment/slot.js';
import { run, runSync } from '../../src/segment/steps.js';
import { Random } from '../support/random.js';
import { failure, SimulatedDisk } from '../support/simulated-disk.js';

const START = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;

function makeDisk(seed = 1) {
  const disk = new SimulatedDisk(new Random(seed));
  const setup = disk.processNamed('setup');
  setup.callSync('mkdir', '/locks', 0o700);
  setup.callSync('fsync', setup.callSync('open', '/', 0, 0));
  return disk;
}

describe('a slot', () => {
  it('belongs to one writer at a time, and is free again when that closes or dies', async () => {
    const disk = makeDisk();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => disk.processNamed(name)) as [never, never, never];
    let time = START;
    const now = () => time;
    const first = runSync(a, Slot.take(a, '/locks', now));
    const second = runSync(b, Slot.take(b, '/locks', now));
    expect([first.number, second.number]).toEqual([0, 1]);
    await first.close();
    time += 10;
    expect(runSync(c, Slot.take(c, '/locks', now)).number).toBe(0);
    disk.kill('b');
    const again = disk.processNamed('b');
    // Its ceiling is ahead of the clock: nobody knows which ids it gave.
    expect(runSync(again, Slot.take(again, '/locks', now)).number).toBe(2);
    time += 20_000;
    expect(runSync(again, Slot.take(again, '/locks', now)).number).toBe(1);
  });

  it('is passed over while its ceiling is ahead of the clock, also after a year in the future', () => {
    const disk = makeDisk();
    let port = disk.processNamed('p');
    let time = START;
    const slot = runSync(
      port,
      Slot.take(port, '/locks', () => time),
    );
    time += 365 * DAY;
    const future = slot.next();
    expect(unpackId(future).time).toBe(time);
    disk.kill('p');
    port = disk.processNamed('p');
    time = START;
    const other = runSync(
      port,
      Slot.take(port, '/locks', () => time),
    );
    expect(other.number).toBe(1);
    expect(unpackId(other.next()).time).toBe(time);
  });

  it('whose ceiling cannot be read is nobody’s', () => {
    for (const rotten of [20_000, 1]) {
      const disk = makeDisk();
      let port = disk.processNamed('p');
      runSync(
        port,
        Slot.take(port, '/locks', () => START),
      );
      const fd = port.callSync('open', '/locks/writer-000', 2, 0);
      // All of it, or one byte of the number in either copy.
      for (const place of [10, 4096 + 10])
        port.callSync('write', fd, Buffer.alloc(rotten, 1), 0, rotten, place);
      disk.kill('p');
      port = disk.processNamed('p');
      expect(
        runSync(
          port,
          Slot.take(port, '/locks', () => START + DAY),
        ).number,
      ).toBe(1);
    }
  });

  it('survives the rot of either copy of its ceiling', () => {
    for (const place of [0, 4096]) {
      const disk = makeDisk();
      let port = disk.processNamed('p');
      runSync(
        port,
        Slot.take(port, '/locks', () => START),
      );
      const fd = port.callSync('open', '/locks/writer-000', 2, 0);
      port.callSync('write', fd, Buffer.alloc(512, 1), 0, 512, place);
      disk.kill('p');
      port = disk.processNamed('p');
      expect(
        runSync(
          port,
          Slot.take(port, '/locks', () => START),
        ).number,
      ).toBe(1);
      disk.kill('p');
      port = disk.processNamed('p');
      expect(
        runSync(
          port,
          Slot.take(port, '/locks', () => START + DAY),
        ).number,
      ).toBe(0);
    }
  });

  it('says so when there is none left', () => {
    const disk = makeDisk();
    const port = disk.processNamed('p');
    for (let n = 0; n < 1024; n++)
      runSync(
        port,
        Slot.take(port, '/locks', () => START),
      );
    expect(() =>
      runSync(
        port,
        Slot.take(port, '/locks', () => START),
      ),
    ).toThrow(expect.objectContaining({ code: 'AGENTLOG_TOO_MANY_WRITERS' }));
  });
});

describe('no id is given twice', () => {
  it('whatever the clock does and whenever processes die or the power goes, in 3,000 lives of a store', async () => {
    let given = 0;
    for (let seed = 1; seed <= 3000; seed++) {
      const random = new Random(seed);
      const disk = makeDisk(seed);
      const last = new Map<number, number>();
      let time = START;
      const now = () => time;
      const slots = new Map<string, Slot>();
      for (let step = 0; step < 30; step++) {
        time += random.pick([0, 1, 3000, 6000, 20_000, DAY, -1000, -DAY]);
        const name = random.pick(['a', 'b', 'c']);
        const port = disk.processNamed(name);
        const slot = slots.get(name);
        const act = random.below(12);
        if (slot === undefined) {
          const failing = random.chance(0.1);
          const steps = Slot.take(port, '/locks', now);
          if (failing) disk.interfere = failOnce(disk, random);
          try {
            slots.set(name, random.chance(0.5) ? runSync(port, steps) : await run(port, steps));
          } catch (error) {
            if (!failing) throw error;
          }
          disk.interfere = () => undefined;
        } else if (act === 0) {
          disk.kill(name);
          slots.delete(name);
        } else if (act === 1) {
          disk.cutPower();
          slots.clear();
        } else if (act === 2) {
          slots.delete(name);
          await slot.close();
        } else {
          for (let n = random.between(1, 20); n > 0; n--) {
            const id = slot.next();
            // More than "not given before": a slot's ids only grow, through all its writers.
            const { slot: number } = unpackId(id);
            const tick = tickOf(id);
            if (tick <= (last.get(number) ?? 0)) throw new Error(`seed ${seed}: slot ${number} went back`);
            last.set(number, tick);
            given++;
            if (random.chance(0.1)) time += random.pick([6000, 20_000]);
            if (random.chance(0.2)) await new Promise(setImmediate);
          }
        }
      }
    }
    expect(given).toBeGreaterThan(300_000);
  });
});

/** The next sync or write fails, and what it was for never reaches the disk. */
function failOnce(disk: SimulatedDisk, random: Random): SimulatedDisk['interfere'] {
  const name = random.pick(['fdatasync', 'fsync', 'write'] as const);
  let failed = false;
  return (_, called, args) => {
    if (failed || called !== name) return undefined;
    failed = true;
    if (name === 'write') return 7;
    disk.loseUnsynced(args[0] as number);
    throw failure('EIO', called, 'a failing disk');
  };
}
