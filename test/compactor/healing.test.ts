/** A database that is damaged is made anew, from what is still good in it and from the segments. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AgentLog } from '../../src/api.js';
import { betterSqlite3 } from '../../src/db/better-sqlite3.js';
import { type Mark, makeMark } from '../../src/segment/marks.js';
import { runSync } from '../../src/segment/steps.js';
import { Random } from '../support/random.js';
import { failure } from '../support/simulated-disk.js';
import { allOf, Scene } from './scene.js';

const PAGE = 8192;
const LARGE = 1_000_000;

type Damage = (path: string, random: Random) => void;

function overwrite(path: string, page: number, bytes: Buffer): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, page * PAGE);
  closeSync(fd);
}

function leaveMark({ disk, paths }: Scene, mark: Mark): void {
  runSync(disk.processNamed('another'), makeMark(paths, mark));
}

const keptIn = (quarantine: string) => readdirSync(quarantine).filter((file) => file.endsWith('.db'));

const pagesOf = (path: string) => Math.floor(statSync(path).size / PAGE);

const DAMAGES: Record<string, Damage> = {
  'its head is zeroed': (path) => overwrite(path, 0, Buffer.alloc(PAGE)),
  'a root is garbage': (path, random) => overwrite(path, 2 + random.below(10), random.bytes(PAGE)),
  'any pages are zeroed': (path, random) => {
    for (let page = 0; page < pagesOf(path); page++)
      if (random.chance(0.3)) overwrite(path, page, Buffer.alloc(PAGE));
    // There is always one.
    overwrite(path, 3, Buffer.alloc(PAGE));
  },
  'its end is cut off': (path) => truncateSync(path, PAGE * Math.ceil(pagesOf(path) / 2)),
  'it is empty': (path) => truncateSync(path, 0),
  'it is garbage': (path, random) => writeFileSync(path, random.bytes(3 * PAGE)),
  'it is gone': (path) => unlinkSync(path),
};

interface Filled {
  readonly scene: Scene;
  readonly log: AgentLog;
  /** What was not deleted, by id. */
  readonly expected: Map<string, string>;
}

/** A store of which everything but the last entries is in the database. */
async function fill(seed: number, archiveBytes: number): Promise<Filled> {
  const scene = new Scene(seed);
  scene.database.fullText = scene.random.chance(0.3);
  let log = await scene.open('a');
  const expected = new Map<string, string>();
  for (let round = 0; round < 4; round++) {
    for (let n = 0; n < 60; n++) {
      const id = await scene.append(log, `task ${n % 3}`, scene.random.pick([10, 100, 3000]));
      expected.set(id, `task ${n % 3}`);
    }
    if (round === 1) {
      await log.deleteTask('task 2');
      for (const [id, task] of expected) if (task === 'task 2') expected.delete(id);
    }
    if (round === 3) break;
    scene.kill('a');
    await scene.compact('compactor', archiveBytes);
    scene.database.kill('compactor');
    log = await scene.open('a');
  }
  for (const [id] of expected) expected.set(id, scene.acknowledged.get(id)!);
  return { scene, log, expected };
}

async function expectAllToBeSound({ scene, log, expected }: Filled): Promise<void> {
  scene.kill('a');
  await scene.compact('compactor', LARGE);
  const wanted = [...expected].sort(([a], [b]) => (a < b ? -1 : 1));
  expect(scene.rows).toEqual(wanted);
  const database = scene.database;
  expect(database.select('PRAGMA integrity_check')).toEqual(['ok']);
  expect(database.select('SELECT total(entries) FROM agentLogTasks')).toEqual([wanted.length]);
  expect(
    database.select(`
      SELECT id FROM agentLogEntries
      WHERE id > ifnull((SELECT lastId FROM agentLogSlots WHERE slot = id & 1023), 0)`),
  ).toEqual([]);
  expect(scene.damages).toEqual([]);
  const again = await scene.open('b');
  expect(await allOf(again)).toEqual(wanted);
  expect(await again.count()).toBe(wanted.length);
  void log;
}

for (const [name, damage] of Object.entries(DAMAGES)) {
  test.each([1, 2])(
    `with all segments everything comes back, and nothing that was deleted: ${name} (seed %i)`,
    async (seed) => {
      const filled = await fill(seed, LARGE);
      const { scene, expected } = filled;
      const { path, quarantine, heals } = scene.database;
      damage(path, new Random(seed));
      const wasThere = existsSync(path);
      await scene.compact('compactor', LARGE);
      expect(heals).toHaveLength(1);
      expect(heals[0]!.missing === null || heals[0]!.missing === 0).toBe(true);
      expect(keptIn(quarantine)).toHaveLength(wasThere ? 1 : 0);
      await expectAllToBeSound(filled);
      expect(heals).toHaveLength(1);
      expect(expected.size).toBeGreaterThan(100);
    },
  );
}

test.each(['read', 'fstat'])(
  'what the disk gives only when it is asked again comes back: %s',
  async (failing) => {
    for (let nth = 0; nth < 3; nth++) {
      const filled = await fill(5, LARGE);
      const { scene } = filled;
      DAMAGES['it is garbage']!(scene.database.path, new Random(nth));
      const looker = scene.disk.processNamed('looker');
      const archived = scene
        .filesIn('archive')
        .map((file) => looker.callSync('stat', `${scene.paths.archive}/${file}`).ino);
      let calls = 0;
      scene.disk.interfere = (process, call, [fd]) => {
        if (process !== 'compactor' || call !== failing) return undefined;
        if (!archived.includes(looker.callSync('fstat', fd as number).ino) || calls++ !== nth)
          return undefined;
        throw failure('EIO', call, 'a bad moment');
      };
      await scene.compact('compactor', LARGE);
      expect(calls).toBeGreaterThan(nth);
      scene.disk.interfere = () => undefined;
      await expectAllToBeSound(filled);
    }
  },
);

test.each([1, 2, 3, 4])(
  'without segments what can be read comes back, and the rest is counted (seed %i)',
  async (seed) => {
    const { scene, expected } = await fill(seed, 0);
    const { path, heals } = scene.database;
    const before = new Map(scene.rows);
    const random = new Random(seed);
    // Leaves of the table, in which the rows are: what leads to them may go, too.
    for (let i = 0; i < 3; i++) overwrite(path, 12 + random.below(pagesOf(path) - 12), Buffer.alloc(PAGE));
    leaveMark(scene, 'database.suspect');
    await scene.compact('compactor', 0);
    expect(heals).toHaveLength(1);
    const rows = new Map(scene.rows);
    for (const [id, text] of rows) expect(expected.get(id)).toBe(text);
    const lost = [...before.keys()].filter((id) => !rows.has(id));
    expect(heals[0]!.missing).toBe(lost.length);
    expect(heals[0]!.rows).toBe(before.size - lost.length);
    expect(rows.size).toBeGreaterThan(before.size / 3);
  },
);

test('when a counter is gone nobody knows what is missing', async () => {
  const { scene } = await fill(11, 0);
  const { path, heals } = scene.database;
  const before = scene.rows.length;
  const [root] = scene.database.select("SELECT rootpage FROM sqlite_schema WHERE name = 'agentLogTasks'");
  const head = Buffer.alloc(PAGE);
  readFileSync(path).copy(head, 0, (Number(root) - 1) * PAGE);
  head.writeUInt16BE(head.readUInt16BE(3) - 1, 3);
  overwrite(path, Number(root) - 1, head);
  const pages = pagesOf(path);
  for (let page = 12; page < pages; page++) if (page % 6 > 0) overwrite(path, page, Buffer.alloc(PAGE));
  leaveMark(scene, 'database.suspect');
  await scene.compact('compactor', 0);
  expect(heals).toMatchObject([{ missing: null }]);
  // Fewer came back than the other counters tell of, so that by them alone something would be known.
  expect(heals[0]!.rows).toBeLessThan(before / 3);
});

test('counters that tell of less than there is say nothing', async () => {
  const { scene } = await fill(12, 0);
  const { path, heals } = scene.database;
  const db = new (betterSqlite3())(path);
  db.exec('UPDATE agentLogTasks SET entries = 1');
  db.close();
  overwrite(path, pagesOf(path) - 3, Buffer.alloc(PAGE));
  leaveMark(scene, 'database.suspect');
  await scene.compact('compactor', 0);
  expect(heals).toMatchObject([{ missing: null }]);
});

test('what was asked for is done, and a sound database loses nothing by it', async () => {
  const filled = await fill(5, 0);
  const { scene } = filled;
  scene.disk
    .processNamed('asker')
    .callSync(
      'close',
      scene.disk
        .processNamed('asker')
        .callSync('open', `${scene.paths.locks}/database.rebuild`, 0o102, 0o600),
    );
  await scene.compact('compactor', 0);
  expect(scene.database.heals).toMatchObject([{ reason: 'it was asked for', missing: 0 }]);
  await expectAllToBeSound(filled);
  expect(scene.database.heals).toHaveLength(1);
});

test.each(['still has its name', 'has lost its name'])(
  'what was asked for is begun anew after a crash, from the one that was complete, when the old one %s',
  async (name) => {
    const filled = await fill(5, 0);
    const { scene } = filled;
    const { path, quarantine } = scene.database;
    leaveMark(scene, 'database.rebuild');
    copyFileSync(path, `${path}.healed`);
    if (name === 'has lost its name') renameSync(path, join(quarantine, 'agent-log-1.db'));
    await scene.compact('compactor', 0);
    expect(scene.database.heals).toMatchObject([{ reason: 'it was asked for', missing: 0 }]);
    await expectAllToBeSound(filled);
  },
);

test('a deletion that is none any more keeps no database from being made anew', async () => {
  const filled = await fill(8, LARGE);
  const { scene } = filled;
  const { path, heals } = scene.database;
  const bytes = readFileSync(path);
  // The task of a row, of which the header's last bit of that column says whether it is a text or a blob.
  const task = Buffer.from('task 2');
  const [textType, blobType] = [2 * task.length + 13, 2 * task.length + 12];
  let changed = 0;
  for (let at = bytes.indexOf(task); at !== -1; at = bytes.indexOf(task, at + 1)) {
    // Six bytes of header: its length, and the types of task, slot, id, no time, and checksum.
    const header = bytes.subarray(at - 6, at);
    if (header[0] !== 6 || header[1] !== textType || header[3] !== 6 || header[4] !== 0) continue;
    header[1] = blobType;
    changed++;
  }
  expect(changed).toBeGreaterThan(0);
  writeFileSync(path, bytes);
  leaveMark(scene, 'database.suspect');
  await scene.compact('compactor', LARGE);
  expect(heals).toHaveLength(1);
  await expectAllToBeSound(filled);
});

test.each([
  ['an id that is too high', 'upToId = upToId + (1 << 50)'],
  ['another task', "taskId = 'task 1'"],
  ['a time', 'before = 1'],
])('a deletion that has come to say something else deletes nothing: %s', async (_, change) => {
  const filled = await fill(8, LARGE);
  const { scene, expected } = filled;
  const { path, heals } = scene.database;
  const db = new (betterSqlite3())(path);
  expect(db.prepare(`UPDATE agentLogDeletes SET ${change}`).run().changes).toBeGreaterThan(0);
  db.close();
  await expect(filled.log.count()).rejects.toThrow('not what was written');
  // Nobody tells, and what comes in next must not be held against it.
  const later = await scene.append(filled.log, 'task 2');
  expected.set(later, scene.acknowledged.get(later)!);
  scene.kill('a');
  await scene.compact('compactor', LARGE);
  expect(heals).toMatchObject([{ wasDamaged: true, deletedMayBeBack: true }]);
  // The segment that holds the delete is still there.
  await expectAllToBeSound(filled);
});

test('one of a newer version is not made anew', async () => {
  const { scene } = await fill(8, LARGE);
  const { path, heals, quarantine } = scene.database;
  const db = new (betterSqlite3())(path);
  db.exec('ALTER TABLE agentLogEntries ADD COLUMN tokens INTEGER; PRAGMA user_version = 99');
  db.close();
  const rows = scene.rows;
  leaveMark(scene, 'database.rebuild');
  for (let i = 0; i < 2; i++) {
    await expect(scene.compact('compactor', LARGE)).rejects.toMatchObject({ code: 'AGENTLOG_FORMAT' });
    scene.kill('compactor');
  }
  expect(scene.database.select('PRAGMA user_version')).toEqual([99]);
  expect(scene.rows).toEqual(rows);
  expect(heals).toEqual([]);
  expect(readdirSync(quarantine)).toEqual([]);
  expect(scene.filesIn('segments').length).toBeGreaterThan(0);
});

test.each([99, -2_147_483_647])(
  'one that only says that it is of version %i can be made anew',
  async (version) => {
    const filled = await fill(8, 0);
    const { path, heals } = filled.scene.database;
    const db = new (betterSqlite3())(path);
    db.pragma(`user_version = ${version}`);
    db.close();
    leaveMark(filled.scene, 'database.rebuild');
    await filled.scene.compact('compactor', 0);
    expect(heals).toMatchObject([{ missing: 0 }]);
    await expectAllToBeSound(filled);
  },
);

test('what was asked for is still to be done when whoever began it has come to an end', async () => {
  const filled = await fill(8, LARGE);
  const { scene } = filled;
  leaveMark(scene, 'database.rebuild');
  scene.disk.interfere = (process, call, args) => {
    if (process === 'compactor' && call === 'readdir' && args[0] === scene.paths.archive)
      throw failure('EMFILE', call, 'too many');
    return undefined;
  };
  await expect(scene.compact('compactor', LARGE)).rejects.toThrow();
  scene.disk.interfere = () => undefined;
  scene.kill('compactor');
  expect(scene.database.heals).toEqual([]);
  await scene.compact('next', LARGE);
  expect(scene.database.heals).toHaveLength(1);
  await expectAllToBeSound(filled);
});

test('what was deleted stays so when only the damaged database says that it was', async () => {
  const scene = new Scene(9);
  const [a, b] = [await scene.open('a'), await scene.open('b', LARGE)];
  await scene.append(b, 'doomed');
  const kept = await scene.append(b, 'kept');
  await a.deleteTask('doomed');
  await a.close();
  await scene.compact('compactor', 0);
  expect(scene.filesIn('archive')).toEqual([]);
  leaveMark(scene, 'database.rebuild');
  await scene.compact('compactor', 0);
  expect(scene.database.heals).toHaveLength(1);
  await b.close();
  await scene.compact('compactor', 0);
  expect(scene.rows.map(([id]) => id)).toEqual([kept]);
});

test('a database that was left without a proper end is looked at before anything comes into it', async () => {
  const { scene } = await fill(10, LARGE);
  scene.kill('a');
  scene.database.watch = (name) => {
    if (name === 'closeCleanly') throw new Error('it ends here');
  };
  await scene.compact('compactor', LARGE);
  scene.database.watch = () => undefined;
  scene.database.kill('compactor');
  const { path, heals } = scene.database;
  // Of the first rows, which nothing that comes later has to do with.
  overwrite(path, Math.floor(pagesOf(path) / 4), Buffer.alloc(PAGE));
  const log = await scene.open('b');
  await scene.append(log);
  await log.close();
  await scene.compact('compactor', LARGE);
  expect(heals).toMatchObject([{ wasDamaged: true }]);
});

test('a sound database that somebody suspects stays', async () => {
  const filled = await fill(6, 0);
  const { scene } = filled;
  leaveMark(scene, 'database.suspect');
  await scene.compact('compactor', 0);
  expect(scene.database.heals).toEqual([]);
  await expectAllToBeSound(filled);
});

test('of the damaged ones the last three are kept', async () => {
  const { scene } = await fill(7, LARGE);
  const { path, quarantine, heals } = scene.database;
  const inodes: number[] = [];
  for (let i = 0; i < 5; i++) {
    inodes.push(statSync(path).ino);
    overwrite(path, 0, Buffer.alloc(PAGE));
    leaveMark(scene, 'database.suspect');
    await scene.compact('compactor', LARGE);
    scene.database.kill('compactor');
  }
  expect(heals).toHaveLength(5);
  expect(keptIn(quarantine).sort()).toEqual(
    inodes
      .slice(2)
      .map((ino) => `agent-log-${ino}.db`)
      .sort(),
  );
});
