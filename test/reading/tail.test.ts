/** What waits in segments, at the moments that a plain run does not meet: each is brought about, none is waited for. */
import { expect, onTestFinished, test, vi } from 'vitest';
import type { AgentLog } from '../../src/api.js';
import { parseId } from '../../src/entry-id.js';
import { countEntries, summarizeTasks } from '../../src/reading/counting.js';
import { entryOf, itemsOf, readEntries, type Wanted } from '../../src/reading/entry-stream.js';
import { Position } from '../../src/reading/position.js';
import { lastSeen } from '../../src/reading/retention.js';
import { snapshotNow, takeSnapshot } from '../../src/reading/snapshot.js';
import { Deletions } from '../../src/segment/deletions.js';
import { Scene } from '../compactor/scene.js';
import { failure } from '../support/simulated-disk.js';
import { placeIn, type TestPlace } from './place.js';

const ALL: Wanted = { filter: {}, order: 'asc' };

async function textsOf(
  place: TestPlace,
  snapshot = takeSnapshot(place, (_, now) => now),
  wanted = ALL,
): Promise<string[]> {
  const texts: string[] = [];
  for await (const found of readEntries(place, await snapshot, wanted))
    for (const one of found) texts.push(entryOf(one).text);
  return texts;
}

/** In the one segment that there is. */
function overwrite(scene: Scene, offset: number, bytes: Buffer): void {
  const outside = scene.disk.processNamed('outside');
  const [file] = scene.filesIn('segments');
  const fd = outside.callSync('open', `${scene.paths.segments}/${file}`, 2, 0);
  outside.callSync('write', fd, bytes, 0, bytes.length, offset);
}

async function refreshed(place: TestPlace): Promise<TestPlace> {
  await place.tail.refresh();
  return place;
}

const expectedTexts = (scene: Scene) => scene.expected.map(([, text]) => text);

async function appendSome(scene: Scene, log: AgentLog, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await scene.append(log, 't', 100);
}

/** The writer's process ends where its batch is on disk, and nothing yet says that it is: nobody was told of it. */
async function dieBeforeTheMark(scene: Scene, process: string, log: AgentLog): Promise<void> {
  await new Promise<void>((resolve) => {
    let isSynced = false;
    scene.disk.interfere = (name, call) => {
      if (name !== process) return undefined;
      if (isSynced && call === 'write') {
        scene.disk.interfere = () => undefined;
        scene.kill(process);
        resolve();
        throw failure('EDEAD', call, process);
      }
      isSynced ||= call === 'fdatasync';
      return undefined;
    };
    void scene.append(log, 't', 100).catch(() => undefined);
  });
}

test('a refresh that is asked for during another one sees what was acknowledged in between', async () => {
  const scene = new Scene(1);
  const [a, b] = [await scene.open('a', 1_000_000), await scene.open('b')];
  // More than the first read of a refresh, which is the only one that does not wait for another thread.
  for (let n = 0; n < 30; n++) await scene.append(a, 't', 10_000);
  const place = placeIn(scene);
  let second: Promise<void> | undefined;
  scene.disk.interfere = (process, call) => {
    if (process !== 'reader' || call !== 'read' || second !== undefined) return undefined;
    b.appendSync({ taskId: 't', type: 'text', text: 'in between' });
    second = place.tail.refresh();
    return undefined;
  };
  await place.tail.refresh();
  await second;
  expect(place.tail.waiting.reduce((sum, { index }) => sum + index.entries, 0)).toBe(31);
});

test('a batch that a dead writer left without its mark counts, once it is synced', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a', 100_000);
  const place = placeIn(scene);
  await appendSome(scene, log, 2);
  expect(await textsOf(place)).toHaveLength(2);
  await dieBeforeTheMark(scene, 'a', log);
  let isSynced = false;
  scene.disk.interfere = (process, call) => {
    if (process === 'reader' && call === 'fdatasync') isSynced = true;
    return undefined;
  };
  expect(await textsOf(place)).toHaveLength(3);
  expect(isSynced).toBe(true);
});

test('such a batch is given as soon as anything is that comes later in its slot', async () => {
  const scene = new Scene(1);
  const place = placeIn(scene);
  const log = await scene.open('a', 100_000);
  await appendSome(scene, log, 2);
  await dieBeforeTheMark(scene, 'a', log);
  scene.pass(60_000);
  const later = await scene.open('later');
  let isSynced = false;
  scene.disk.interfere = (process, call) => {
    if (process === 'reader' && call === 'fdatasync') isSynced = true;
    return undefined;
  };
  await appendSome(scene, later, 1);
  expect(await textsOf(place)).toHaveLength(4);
  expect(place.tail.waiting.map(({ slot }) => slot)).toEqual([0, 0]);
  expect(isSynced).toBe(true);
});

test('of a segment that its writer gave up, what it wrote again elsewhere is counted there only', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a', 100_000);
  const place = placeIn(scene);
  await appendSome(scene, log, 2);
  expect(await countEntries(place, {})).toBe(2);
  // It has not read these when it hears of the cut.
  await appendSome(scene, log, 2);
  let failures = 1;
  scene.disk.interfere = (process, call) => {
    if (process === 'a' && call === 'fdatasync' && failures-- > 0) throw failure('EIO', call, 'a bad disk');
    return undefined;
  };
  await appendSome(scene, log, 3);
  expect(scene.filesIn('segments')).toHaveLength(2);
  const count = scene.acknowledged.size;
  expect(await countEntries(place, {})).toBe(count);
  expect(await countEntries(placeIn(scene), {})).toBe(count);
  expect(place.damages).toEqual([]);
});

test('a segment that the ledger has forgotten since it was listed is not counted beside its rows', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a');
  const place = placeIn(scene);
  await appendSome(scene, log, 12);
  await place.tail.refresh();
  // Nothing is archived, so the second round forgets what the first one brought in.
  await scene.compact('compactor');
  await appendSome(scene, log, 12);
  await scene.compact('compactor');
  const [first] = place.tail.waiting;
  const [snapshot, isKnown] = await place.rows.ask(
    (rows) => [snapshotNow(place.tail, rows), rows!.has(first!.id)] as const,
  );
  expect(isKnown).toBe(false);
  expect(snapshot.views.map(({ waiting }) => waiting.id)).not.toContain(first!.id);
});

test('a place that the disk cannot read costs the entries that stand there, and is told', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a', 100_000);
  await appendSome(scene, log, 20);
  const place = placeIn(scene);
  await place.tail.refresh();
  const [waiting] = place.tail.waiting;
  const bad = waiting!.index.places!.offset(7) + 40;
  scene.disk.interfere = (process, call, args) => {
    const [, , , length, position] = args as number[];
    const isBad = process === 'reader' && call === 'read' && position! <= bad && bad < position! + length!;
    if (isBad) throw failure('EIO', call, 'a bad disk');
    return undefined;
  };
  const expected = expectedTexts(scene);
  expect(await textsOf(place)).toEqual(expected.toSpliced(7, 1));
  expect(place.damages).toHaveLength(1);
});

test('a segment that cannot be read is told, and all others are read', async () => {
  const scene = new Scene(1);
  for (const name of ['a', 'b']) await scene.append(await scene.open(name));
  let reads = 0;
  scene.disk.interfere = (process, call) => {
    if (process === 'reader' && call === 'read' && reads++ === 0) throw failure('EIO', call, 'a bad disk');
    return undefined;
  };
  const place = placeIn(scene);
  expect(await textsOf(place)).toEqual(expectedTexts(scene).slice(1));
  expect(place.damages).toHaveLength(1);
});

test('a segment is read on wherever a read of it happens to end', async () => {
  // The end of the first record goes over the end of the first read.
  for (let length = 65_536 - 400; length < 65_536; length += 8) {
    const scene = new Scene(1);
    const log = await scene.open('a', 1_000_000);
    await scene.append(log, 't', length);
    await appendSome(scene, log, 2);
    expect(await countEntries(placeIn(scene), {})).toBe(3);
  }
});

test('behind a hole that is longer than a read what is good is found', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a', 1_000_000);
  await scene.append(log);
  await scene.append(log, 't', 200_000);
  await scene.append(log);
  const { places } = (await refreshed(placeIn(scene))).tail.waiting[0]!.index;
  overwrite(scene, places!.offset(1), Buffer.alloc(200_000, '!'));
  const place = placeIn(scene);
  expect(await textsOf(place)).toEqual(expectedTexts(scene).toSpliced(1, 1));
});

test('of segments that were let go of no descriptor stays open', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a');
  const place = await refreshed(placeIn(scene));
  await appendSome(scene, log, 12);
  await log.close();
  const before = scene.disk.openFiles;
  await place.tail.refresh();
  expect(scene.disk.openFiles).toBeGreaterThan(before);
  await scene.compact('compactor');
  await place.tail.refresh();
  expect(scene.filesIn('segments')).toEqual([]);
  expect(scene.disk.openFiles).toBe(before);
});

test('where entries stand is found again, and told when the disk does not give it', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a');
  await appendSome(scene, log, 40);
  const place = placeIn(scene, 0);
  expect(await textsOf(place)).toEqual(expectedTexts(scene));
  // Of the segment that still grows, and of the one that was read last.
  expect(place.tail.waiting.filter(({ index }) => index.places !== undefined).length).toBeLessThan(3);
  const snapshot = takeSnapshot(place, (_, now) => now);
  await snapshot;
  expect(place.tail.waiting.filter(({ index }) => index.places === undefined).length).toBeGreaterThan(0);
  scene.disk.interfere = (process, call) => {
    if (process === 'reader' && call === 'read') throw failure('EIO', call, 'a bad disk');
    return undefined;
  };
  await textsOf(place, snapshot);
  expect(place.damages.length).toBeGreaterThan(0);
});

test('a record that has rotted since it was first read is told and not given', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a', 100_000);
  await appendSome(scene, log, 5);
  const place = placeIn(scene);
  await place.tail.refresh();
  const [waiting] = place.tail.waiting;
  overwrite(scene, waiting!.index.places!.offset(2) + 100, Buffer.from('!'));
  const good = expectedTexts(scene).toSpliced(2, 1);
  expect(await textsOf(place)).toEqual(good);
  // It is none of those that were asked for.
  expect(await textsOf(place, undefined, { ...ALL, most: 3 })).toEqual(good.slice(0, 3));
  expect(place.damages).toHaveLength(1);
});

test('from a position on, what is behind it is given of each slot, also what is older than what others gave', async () => {
  const scene = new Scene(1);
  const [a, b] = [await scene.open('a'), await scene.open('b')];
  const from = new Position();
  const behind: string[] = [];
  for (const [log, isPassed] of [
    [a, true],
    [a, false],
    [b, true],
    [b, false],
  ] as const) {
    const id = await scene.append(log, 't', 1000);
    if (isPassed) from.reach(parseId(id)!);
    else behind.push(scene.acknowledged.get(id)!);
  }
  const place = placeIn(scene);
  expect(await textsOf(place, undefined, { ...ALL, from })).toEqual(behind);
  for (const log of [a, b]) await log.close();
  await scene.compact('compactor');
  expect(scene.filesIn('segments')).toEqual([]);
  expect(await textsOf(place, undefined, { ...ALL, from })).toEqual(behind);
});

test('what becomes rows before it is read is given from a position on, too, and nothing that came later', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a');
  await appendSome(scene, log, 12);
  await scene.compact('compactor');
  const place = placeIn(scene, 0);
  const from = await lastSeen(place);
  const passed = scene.acknowledged.size;
  await appendSome(scene, log, 12);
  const snapshot = takeSnapshot(place, (_, now) => now);
  await snapshot;
  const expected = expectedTexts(scene).slice(passed);
  await appendSome(scene, log, 5);
  await log.close();
  await scene.compact('compactor');
  await place.tail.refresh();
  expect(place.tail.waiting).toEqual([]);
  expect(await textsOf(place, snapshot, { ...ALL, from })).toEqual(expected);
});

test('columns grow with a segment, all of them', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a', 100_000);
  const entries = Array.from({ length: 300 }, (_, n) => ({
    ...{ taskId: `task ${n % 2}`, type: `type ${n % 3}`, agent: `agent ${n % 5}` },
    ...{ text: `${n}`, timestamp: n },
  }));
  await log.appendBatch(entries);
  const { tail } = await refreshed(placeIn(scene));
  const { places } = tail.waiting[0]!.index;
  expect(entries.map((_, n) => places!.names(n))).toEqual(
    entries.map(({ taskId, type, agent, timestamp }) => ({ taskId, type, agent, timestamp })),
  );
});

test('others have their turn while much is passed over, and while rows are asked for one by one', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a');
  await appendSome(scene, log, 12);
  const place = placeIn(scene);
  const snapshot = await takeSnapshot(place, (_, now) => now);
  const deleted = { taskId: 't', before: null, upTo: snapshot.upTo.ids() };
  const deletes = new Deletions();
  deletes.add(deleted);
  // A clock by which everything takes long.
  let now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 10));
  onTestFinished(() => void vi.restoreAllMocks());
  const turnsDuring = async (work: () => Promise<unknown>) => {
    let turns = 0;
    let isOver = false;
    const count = () => {
      turns++;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    await work();
    isOver = true;
    return turns;
  };
  const wanted: Wanted = { ...ALL, most: 1 };
  expect(await turnsDuring(() => itemsOf(place, { ...snapshot, deletes }, wanted).next())).toBeGreaterThan(1);
  await scene.compact('compactor');
  await place.tail.refresh();
  expect(await turnsDuring(() => readEntries(place, snapshot, ALL).next())).toBeGreaterThan(1);
});

test('a read that nobody waits for any more ends with the next piece of it', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a');
  // More rows than a first page looks at.
  await log.appendBatch(
    Array.from({ length: 1500 }, (_, n) => ({ taskId: 't', type: 'text', text: `${n}` })),
  );
  await appendSome(scene, log, 12);
  await scene.compact('compactor');
  const place = placeIn(scene);
  const check = () => {
    throw new Error('left');
  };
  const snapshot = await takeSnapshot(place, (_, now) => now);
  const rare = { filter: { agent: 'nobody' }, order: 'asc', check } as const;
  await expect(readEntries(place, snapshot, rare).next()).rejects.toThrow('left');
});

test('a segment that has become rows and could not be let go of yet is counted once', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a');
  await appendSome(scene, log, 12);
  let isCommitted = false;
  scene.database.watch = (step) => {
    if (isCommitted && step === 'checkpoint') throw new Error('no checkpoint');
    isCommitted ||= step === 'commit';
  };
  await expect(scene.compact('compactor')).rejects.toThrow('no checkpoint');
  const place = placeIn(scene);
  expect(await place.rows.ask((rows) => rows!.sumsOf('t')[0]!.entries)).toBeGreaterThan(0);
  expect(await countEntries(place, {})).toBe(12);
  expect(await textsOf(place)).toEqual(expectedTexts(scene));
});

test('more tasks than are asked for at once are counted, each once', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a');
  const entryOf = (n: number, type: string) => ({ taskId: `task ${n}`, type, text: '', timestamp: n });
  const tasks = Array.from({ length: 2500 }, (_, n) => n);
  await log.appendBatch(tasks.map((n) => entryOf(n, 'text')));
  await appendSome(scene, log, 12);
  await scene.compact('compactor', 1_000_000, 1_000_000);
  await log.appendBatch(tasks.slice(0, 100).map((n) => entryOf(n, 'tool')));
  await log.deleteTask('t');
  const place = placeIn(scene);
  expect(await countEntries(place, {})).toBe(2600);
  expect(await countEntries(place, { types: ['tool'] })).toBe(100);
  const summaries = await summarizeTasks(place);
  expect(summaries).toHaveLength(2500);
  expect(new Set(summaries.map(({ taskId }) => taskId)).size).toBe(2500);
});

test('a handle that is closed during a read ends it with AGENTLOG_CLOSED, and gives no less than all', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a', 100_000);
  await appendSome(scene, log, 5);
  const place = placeIn(scene);
  const snapshot = takeSnapshot(place, (_, now) => now);
  await snapshot;
  const closed = place.tail.close();
  await expect(textsOf(place, snapshot)).rejects.toMatchObject({ code: 'AGENTLOG_CLOSED' });
  await closed;
});
