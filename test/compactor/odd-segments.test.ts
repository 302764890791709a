/** Segments that cannot simply become rows: damaged, from a newer version, unreadable for now, or at odds with a row. */
import { renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseId } from '../../src/entry-id.js';
import { crc32 } from '../../src/segment/crc.js';
import { FILE_HEADER } from '../../src/segment/layout.js';
import { makeMark } from '../../src/segment/marks.js';
import { runSync } from '../../src/segment/steps.js';
import { failure } from '../support/simulated-disk.js';
import { allOf, Scene } from './scene.js';

/** Two slots with some sealed segments each. */
async function twoSlots(seed: number): Promise<Scene> {
  const scene = new Scene(seed);
  const logs = [await scene.open('a'), await scene.open('b')];
  for (let n = 0; n < 30; n++) await scene.append(logs[n % 2]!, 't', 100);
  for (const log of logs) await log.close();
  expect(scene.filesIn('segments').length).toBeGreaterThan(5);
  return scene;
}

/** Changes the bytes of a segment that waits. */
function change(scene: Scene, file: string, alter: (bytes: Buffer) => void): void {
  const disk = scene.disk.processNamed('vandal');
  const fd = disk.callSync('open', `${scene.paths.segments}/${file}`, 2, 0);
  const bytes = Buffer.alloc(disk.callSync('fstat', fd).size);
  disk.callSync('read', fd, bytes, 0, bytes.length, 0);
  alter(bytes);
  disk.callSync('write', fd, bytes, 0, bytes.length, 0);
  disk.callSync('close', fd);
}

test('of a damaged segment what is good becomes rows, the file goes to quarantine, and it is told', async () => {
  const scene = await twoSlots(1);
  const [damaged, ...others] = scene.filesIn('segments');
  let lost = '';
  change(scene, damaged!, (bytes) => {
    // The text of some entry, as nobody wrote it.
    const at = bytes.indexOf('entry ');
    lost = bytes.toString('utf8', at, bytes.indexOf(' ', at + 6));
    bytes[at + 1]! ^= 1;
  });
  await scene.compact('compactor', 1_000_000);
  expect(scene.rows).toEqual(scene.expected.filter(([, text]) => !text.startsWith(`${lost} `)));
  expect(scene.rows).toHaveLength(29);
  expect(scene.filesIn('quarantine')).toEqual([damaged]);
  expect(scene.filesIn('archive')).toEqual(others);
  expect(scene.damages).toHaveLength(1);
  expect(scene.database.select('SELECT name FROM agentLogDamage')).toEqual([damaged]);
  expect(scene.database.select('SELECT unsaved FROM agentLogDamage')).toEqual([0]);
  expect(await allOf(await scene.open('reader'))).toEqual(scene.rows);
});

test('an entry whose id another row has stays in quarantine, and the row stays as it was', async () => {
  const scene = await twoSlots(2);
  const [id] = scene.expected[3]!;
  const { high: idHigh, low: idLow } = parseId(id)!;
  const store = scene.database.destinationFor('before');
  store.begin();
  const columns = {
    taskId: 't',
    type: 'text',
    text: 'another',
    agent: undefined,
    detail: undefined,
    timestamp: 1,
  };
  store.add({ idHigh, idLow, ...columns });
  store.commit();
  store.closeCleanly();
  await scene.compact('compactor', 0);
  const expected = scene.expected.map(([one, text]) => [one, one === id ? 'another' : text]);
  expect(scene.rows).toEqual(expected);
  expect(scene.filesIn('quarantine')).toHaveLength(1);
  expect(scene.filesIn('segments')).toEqual([]);
  expect(scene.database.select('SELECT unsaved FROM agentLogDamage')).toEqual([1]);
  expect(scene.damages).toEqual([expect.stringContaining('1 of its entries could not become rows')]);
});

test('a segment of a newer version stays, and so does what its writer wrote after it; all else becomes rows', async () => {
  const scene = await twoSlots(3);
  const files = scene.filesIn('segments');
  const ofFirst = files.filter((file) => file.startsWith('0000-'));
  change(scene, ofFirst[1]!, (bytes) => {
    bytes.writeUInt16LE(2, FILE_HEADER.version);
    bytes.writeInt32LE(crc32(bytes, 0, FILE_HEADER.crc), FILE_HEADER.crc);
  });
  // What is left fills whole rounds, and must not keep the others from theirs.
  await scene.compact('compactor', 0, 1);
  expect(scene.filesIn('segments')).toEqual(ofFirst.slice(1));
  expect(scene.filesIn('quarantine')).toEqual([]);
  expect(scene.rows.length).toBeGreaterThan(15);
  // Again and again, without end.
  await scene.compact('compactor', 0);
  expect(scene.filesIn('segments')).toEqual(ofFirst.slice(1));
});

test('a segment that the disk cannot read waits, with what its writer wrote after it, until it can', async () => {
  const scene = await twoSlots(4);
  const ofFirst = scene.filesIn('segments').filter((file) => file.startsWith('0000-'));
  const { ino } = scene.disk.processNamed('looker').callSync('stat', `${scene.paths.segments}/${ofFirst[1]}`);
  scene.disk.interfere = (process, call, args) => {
    if (process !== 'compactor' || call !== 'read') return undefined;
    if (scene.disk.processNamed('looker').callSync('fstat', args[0] as number).ino === ino)
      throw failure('EIO', call, 'a bad sector');
    return undefined;
  };
  // All in one round.
  await scene.compact('compactor', 0, 100_000);
  expect(scene.filesIn('segments')).toEqual(ofFirst.slice(1));
  scene.disk.interfere = () => undefined;
  expect(await allOf(await scene.open('reader'))).toEqual(scene.expected);
  await scene.compact('compactor', 0);
  expect(scene.rows).toEqual(scene.expected);
});

test('the archive keeps the newest segments up to its bound, and the ledger forgets the others', async () => {
  const scene = await twoSlots(5);
  const all = scene.filesIn('segments').map((file) => file.split('-'));
  await scene.compact('compactor', 4000, 1);
  const kept = scene.filesIn('archive');
  expect(kept.length).toBeGreaterThan(1);
  expect(kept.length).toBeLessThan(all.length);
  const [oldestKept] = kept.map((file) => file.split('-')[1]!).sort();
  const evicted = all.map(([, base]) => base!).filter((base) => base < oldestKept!);
  expect(evicted).toHaveLength(all.length - kept.length);
  const next = await scene.open('later');
  await scene.append(next);
  await next.close();
  await scene.compact('compactor', 4000, 1);
  const ledger = scene.database.select('SELECT name FROM agentLogSegments ORDER BY name') as string[];
  // What was evicted in the last round is forgotten in the next.
  expect(scene.filesIn('archive').filter((file) => !ledger.includes(file))).toEqual([]);
  expect(ledger.length).toBeLessThanOrEqual(scene.filesIn('archive').length + 1);
});

/** A dead writer's segment, which ended within a batch, and the spare one behind it. */
async function leftBehind(seed: number): Promise<{ scene: Scene; current: string; spare: string }> {
  const scene = new Scene(seed);
  const log = await scene.open('a', 4000);
  const open = () => scene.filesIn('segments').filter((file) => file.endsWith('.open'));
  while (open().length < 2) await scene.append(log, 't', 300);
  const [current, spare] = open();
  scene.kill('a');
  breakOff(scene, current!);
  return { scene, current: current!, spare: spare! };
}

function breakOff(scene: Scene, file: string): void {
  change(scene, file, (bytes) => {
    const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
    bytes.write('half a record', Math.min(bytes.length - 20, Math.ceil(end / 8) * 8));
  });
}

test('a spare segment that a dead writer left is removed, and one with an unfinished batch is kept as it is', async () => {
  const { scene, current } = await leftBehind(6);
  await scene.compact('compactor', 1_000_000);
  expect(scene.rows).toEqual(scene.expected);
  expect(scene.filesIn('segments')).toEqual([]);
  expect(scene.filesIn('archive')).toEqual([current]);
});

test('so is one that holds nothing but an unfinished batch', async () => {
  const { scene, current, spare } = await leftBehind(6);
  breakOff(scene, spare);
  await scene.compact('compactor', 1_000_000);
  expect(scene.rows).toEqual(scene.expected);
  expect(scene.filesIn('archive')).toEqual([current, spare]);
});

test('nothing is let go of whose database is moved away meanwhile', async () => {
  const scene = await twoSlots(9);
  const { path } = scene.database;
  const waiting = scene.filesIn('segments');
  scene.database.watch = (name) => {
    if (name === 'commit') renameSync(path, `${path}.away`);
  };
  await expect(scene.compact('compactor', 0, 100_000)).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
  expect(scene.filesIn('segments')).toEqual(waiting);
  scene.database.watch = () => undefined;
  scene.kill('compactor');
  renameSync(`${path}.away`, path);
  await scene.compact('next', 0);
  expect(scene.rows).toEqual(scene.expected);
});

test('an archive that somebody has cleared up is no reason to stop', async () => {
  const scene = await twoSlots(7);
  const log = await scene.open('later');
  const compacting = () => scene.compact('compactor', 4000, 1);
  await compacting();
  const disk = scene.disk.processNamed('vandal');
  for (const file of scene.filesIn('archive')) disk.callSync('unlink', `${scene.paths.archive}/${file}`);
  for (let n = 0; n < 30; n++) await scene.append(log, 't', 100);
  await log.close();
  await compacting();
  expect(scene.rows).toEqual(scene.expected);
});

test('when what may say where a segment ends cannot be read, only what is proven of it is, and all others are', async () => {
  const scene = new Scene(8);
  const [a, b] = [await scene.open('a', 40_000), await scene.open('b')];
  const open = () => scene.filesIn('segments').filter((file) => /^0000-.*open$/.test(file));
  await scene.append(b);
  // Until there is a spare, which is bad. It must not be in use yet, or what is in it is lost with it.
  while (open().length < 2) await scene.append(a, 't', 300);
  const [left, bad] = open();
  let isUsed = false;
  change(scene, bad!, (bytes) => {
    isUsed = bytes.subarray(FILE_HEADER.size).some((byte) => byte !== 0);
  });
  expect(isUsed).toBe(false);
  scene.kill('a');
  const { ino } = scene.disk.processNamed('looker').callSync('stat', `${scene.paths.segments}/${bad}`);
  scene.disk.interfere = (process, call, args) => {
    if (process === 'looker' || call !== 'read') return undefined;
    if (scene.disk.processNamed('looker').callSync('fstat', args[0] as number).ino === ino)
      throw failure('EIO', call, 'a bad sector');
    return undefined;
  };
  expect(await allOf(await scene.open('reader'))).toEqual(scene.expected);
  await b.close();
  await scene.compact('compactor', 0);
  expect(scene.filesIn('segments')).toEqual([left, bad]);
  expect(scene.rows.length).toBeGreaterThan(0);
  scene.disk.interfere = () => undefined;
  await scene.compact('compactor', 0);
  expect(scene.rows).toEqual(scene.expected);
});

test.each([0, 1_000_000])(
  'what was rejected stays so when only a damaged segment holds it, and all is made anew (archive: %i)',
  async (archiveBytes) => {
    const scene = new Scene(7);
    const log = await scene.open('a', 100_000);
    for (let n = 0; n < 5; n++) await scene.append(log, 't', 100);
    let failures = 0;
    scene.disk.interfere = (process, call) => {
      if (process !== 'a' || call !== 'fdatasync' || failures++ > 1) return undefined;
      throw failure('EIO', call, 'a bad disk');
    };
    await expect(scene.append(log, 't', 100)).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
    // It says that the last one is nowhere, and what comes after it pushes it out of the archive.
    for (let n = 0; n < 5; n++) await scene.append(log, 't', 100);
    await log.close();
    const [left, ...others] = scene.filesIn('segments');
    expect(left).toMatch(/\.open$/);
    let lost = '';
    change(scene, left!, (bytes) => {
      const at = bytes.indexOf('entry ');
      lost = bytes.toString('utf8', at, bytes.indexOf(' ', at + 6));
      bytes[at + 1]! ^= 1;
    });
    await scene.compact('compactor', archiveBytes);
    expect(scene.filesIn('quarantine')).toEqual([left]);
    expect(scene.filesIn('archive')).toEqual(others);
    const good = scene.expected.filter(([, text]) => !text.startsWith(`${lost} `));
    expect(scene.rows).toEqual(good);
    runSync(scene.disk.processNamed('asker'), makeMark(scene.paths, 'database.rebuild'));
    await scene.compact('compactor', archiveBytes);
    expect(scene.database.heals).toHaveLength(1);
    expect(scene.rows).toEqual(good);
  },
);
