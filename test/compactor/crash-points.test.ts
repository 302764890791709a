/** A compactor that dies, or loses power, between any two things that it does. */
import { expect, test } from 'vitest';
import { failure } from '../support/simulated-disk.js';
import { allOf, Scene } from './scene.js';

/** A store in which sealed segments wait, and one of a dead writer, and one that a failure had cut off. */
async function sceneWithWork(seed: number): Promise<Scene> {
  const scene = new Scene(seed);
  const [a, b] = [await scene.open('a'), await scene.open('b')];
  for (let n = 0; n < 12; n++) await scene.append(n % 3 === 0 ? b : a);
  let failed = false;
  scene.disk.interfere = (process, name, args) => {
    if (failed || process !== 'a' || name !== 'fdatasync') return undefined;
    failed = true;
    scene.disk.loseUnsynced(args[0] as number);
    throw failure('EIO', name, 'a bad disk');
  };
  // One may be rejected; what is acknowledged after it says that it is nowhere.
  for (let n = 0; n < 3; n++) await scene.append(a).catch(() => undefined);
  scene.disk.interfere = () => undefined;
  expect(failed).toBe(true);
  scene.kill('a');
  await b.close();
  return scene;
}

interface Death {
  /** How many steps were done, of files and of the database. */
  readonly steps: number;
  readonly died: boolean;
  /** A segment was let go of while its rows depended on the database's log. */
  readonly tooEarly: boolean;
}

/** Compacts, and dies at the step `at`, before it is done or just after. */
async function compactUntil(
  scene: Scene,
  at: number,
  end: 'kill' | 'power',
  archiveBytes: number,
): Promise<Death> {
  let steps = 0;
  let died = false;
  let isInLog = false;
  let tooEarly = false;
  // A dead process hears of nothing any more, so its promises stay open.
  let dead: () => void = () => undefined;
  const death = new Promise<void>((resolve) => {
    dead = resolve;
  });
  const die = () => {
    died = true;
    dead();
    if (end === 'kill') scene.kill('compactor');
    else scene.cutPower();
    scene.disk.interfere = () => undefined;
    scene.database.watch = () => undefined;
    throw failure('EDEAD', 'step', 'the process is gone');
  };
  const step = () => {
    if (++steps === at) die();
  };
  const CHANGES = ['rename', 'link', 'unlink', 'fsync', 'fdatasync', 'open', 'close', 'lstat'];
  scene.disk.interfere = (process, name, args) => {
    if (process !== 'compactor') return undefined;
    if (name === 'unlink' && String(args[0]).startsWith(scene.paths.segments) && isInLog) tooEarly = true;
    if (CHANGES.includes(name)) step();
    return undefined;
  };
  scene.database.watch = (name) => {
    if (name === 'commit') isInLog = true;
    if (name === 'checkpoint') isInLog = false;
    // Of the rows, every tenth will do.
    if (name !== 'add' || scene.random.chance(0.1)) step();
  };
  const work = scene.compact('compactor', archiveBytes).catch((error) => {
    if (!died) throw error;
  });
  await Promise.race([work, death]);
  // What was under way comes to its end first.
  await new Promise(setImmediate);
  scene.disk.interfere = () => undefined;
  scene.database.watch = () => undefined;
  return { steps, died, tooEarly };
}

/** Without the end of their names, as that of a writer's seal may be undone. */
function segmentsIn(scene: Scene, directory: 'segments' | 'archive'): string[] {
  return scene.filesIn(directory).map((file) => file.replace(/\.\w+$/, ''));
}

test.each([
  ['kill', 0],
  ['kill', 1_000_000],
  ['power', 0],
  ['power', 1_000_000],
] as const)(
  'after an end by %s at any step everything is there once, and the next one goes on (archive: %i)',
  async (end, archiveBytes) => {
    let at = 1;
    for (; ; at++) {
      const scene = await sceneWithWork(at);
      const waited = segmentsIn(scene, 'segments');
      const { died, tooEarly } = await compactUntil(scene, at, end, archiveBytes);
      expect(tooEarly).toBe(false);
      if (died && end === 'kill' && scene.random.chance(0.3)) scene.cutPower();
      // What the database could be built anew from is in one place or the other.
      if (archiveBytes > 0)
        expect([...segmentsIn(scene, 'segments'), ...segmentsIn(scene, 'archive')]).toEqual(
          expect.arrayContaining(waited),
        );
      const reader = await scene.open('reader');
      expect(await allOf(reader)).toEqual(scene.expected);
      expect(await reader.count()).toBe(scene.expected.length);
      await scene.compact('next', archiveBytes);
      expect(scene.rows).toEqual(scene.expected);
      expect(await allOf(reader)).toEqual(scene.expected);
      expect(scene.filesIn('segments')).toEqual([]);
      expect(scene.damages).toEqual([]);
      const [counted, rows] = [
        scene.database.select('SELECT sum(entries) FROM agentLogTasks'),
        scene.database.select('SELECT count(*) FROM agentLogEntries'),
      ];
      expect(counted).toEqual(rows);
      // What the ledger knows is what is still somewhere, or was until this round.
      expect(scene.filesIn('archive').length > 0).toBe(archiveBytes > 0);
      if (!died) break;
    }
    expect(at).toBeGreaterThan(100);
  },
);
