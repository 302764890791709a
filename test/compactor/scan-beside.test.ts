/** Reading while segments become rows and are let go of: everything once, in order, whatever happens meanwhile. */
import { expect, test } from 'vitest';
import { allOf, Scene } from './scene.js';

const SEEDS = 150;

test('a scan during which segments become rows and are removed gives all that was there at its beginning, once', async () => {
  let compactions = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const scene = new Scene(seed);
    const { random } = scene;
    const logs = [
      await scene.open('a', 1000, { mostPlaces: random.pick([0, 1000]) }),
      await scene.open('b'),
      await scene.open('c', 100_000),
    ];
    for (let n = random.between(5, 40); n > 0; n--) await scene.append(random.pick(logs));
    if (random.chance(0.5)) await scene.compact('compactor');
    const atBegin = new Map(scene.acknowledged);
    const found: string[] = [];
    for await (const { id, text } of logs[0]!.scan()) {
      found.push(id);
      expect(scene.acknowledged.get(id)).toBe(text);
      if (random.chance(0.1)) await scene.append(random.pick(logs));
      // Another reading of the same handle sees that segments are gone.
      if (random.chance(0.1)) expect(await logs[0]!.count()).toBe(scene.acknowledged.size);
      if (random.chance(0.15)) {
        await scene.compact('compactor', random.pick([0, 1_000_000]), random.pick([1, 3000]));
        compactions++;
      }
    }
    expect(found).toEqual(found.toSorted());
    expect(new Set(found).size).toBe(found.length);
    expect([...atBegin.keys()].filter((id) => !found.includes(id))).toEqual([]);
    expect(scene.damages).toEqual([]);
  }
  expect(compactions).toBeGreaterThan(SEEDS);
});

test('get finds an entry while it is in a segment, and when it is a row', async () => {
  const scene = new Scene(1);
  const [a, b] = [await scene.open('a'), await scene.open('b')];
  for (let n = 0; n < 20; n++) await scene.append(n % 2 === 0 ? a : b);
  const check = async () => {
    for (const [id, text] of scene.acknowledged) expect((await b.get(id))?.text).toBe(text);
  };
  await check();
  await scene.compact('compactor');
  await check();
  expect(scene.rows.length).toBeGreaterThan(10);
  expect(scene.rows.length).toBeLessThan(20);
});

test('two compactors at once: one of them works, and the other lets it', async () => {
  const scene = new Scene(2);
  const log = await scene.open('a');
  for (let n = 0; n < 30; n++) await scene.append(log);
  const results = await Promise.all([scene.compact('one'), scene.compact('two')]);
  expect(results.toSorted()).toEqual([false, true]);
  expect(await allOf(log)).toEqual(scene.expected);
});
