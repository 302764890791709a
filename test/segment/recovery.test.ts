import { expect, it } from 'vitest';
import { makeLivenessLock, whoLives } from '../../src/segment/liveness.js';
import { OpenSegment } from '../../src/segment/open-segment.js';
import { findLeft, judge } from '../../src/segment/recovery.js';
import { runSync } from '../../src/segment/steps.js';
import { Random } from '../support/random.js';
import { SimulatedDisk } from '../support/simulated-disk.js';

const PATHS = {
  root: '/',
  segments: '/segments',
  locks: '/locks',
  archive: '/archive',
  quarantine: '/quarantine',
};

function makeDisk(): SimulatedDisk {
  const disk = new SimulatedDisk(new Random(1));
  const setup = disk.processNamed('setup');
  for (const path of ['/segments', '/locks']) setup.callSync('mkdir', path, 0o700);
  runSync(setup, makeLivenessLock('/locks'));
  return disk;
}

const NEW = '/segments/0000-0S9WV54Q54900-35fdfd0fa231f6bbb3e6af76b9b376f2.new';

it('a segment that is just being made is let alone, one whose maker died is removed', async () => {
  const disk = makeDisk();
  const maker = disk.processNamed('maker');
  const fd = maker.callSync('open', NEW, 0o102, 0o600);
  maker.callSync('flock', fd);
  const other = disk.processNamed('other');
  await findLeft(other, PATHS, false);
  expect(other.callSync('readdir', '/segments')).toHaveLength(1);
  disk.kill('maker');
  await findLeft(other, PATHS, true);
  expect(other.callSync('readdir', '/segments')).toHaveLength(1);
  await findLeft(other, PATHS, false);
  expect(other.callSync('readdir', '/segments')).toEqual([]);
});

it('recovering leaves no file open and no lock held', async () => {
  const disk = makeDisk();
  const writer = disk.processNamed('writer');
  const header = {
    segmentId: new Uint8Array(16),
    slot: 0,
    baseId: { high: 1, low: 0 },
    created: 1,
    pid: 1,
    recycled: false,
  };
  const segment = runSync(writer, OpenSegment.create('/segments', header, 1000))!;
  const other = disk.processNamed('other');
  expect(await findLeft(other, PATHS, false)).toEqual({ sources: [], problems: [] });
  disk.kill('writer');
  const before = disk.openFiles;
  const { sources } = await findLeft(other, PATHS, false);
  expect(sources).toHaveLength(1);
  expect(await judge(other, sources[0]!)).toMatchObject({ kind: 'recovered', entries: 0 });
  expect(disk.openFiles).toBe(before);
  expect(await whoLives(disk.processNamed('third'), '/locks', [segment.path])).toEqual(['gone']);
});

it('two that ask at once whether a writer lives do not take each other for it', async () => {
  const disk = makeDisk();
  const writer = disk.processNamed('writer');
  writer.callSync('open', NEW, 0o102, 0o600);
  const [first, second] = [disk.processNamed('first'), disk.processNamed('second')];
  // The first is stopped while it holds the lock of the file that it asks about.
  let stopped = false;
  const answers = new Promise<unknown>((resolve) => {
    disk.interfere = (process, name) => {
      if (process !== 'first' || name !== 'lstat' || stopped) return undefined;
      stopped = true;
      resolve(whoLives(second, '/locks', [NEW]));
      return undefined;
    };
  });
  expect(await whoLives(first, '/locks', [NEW])).toEqual(['gone']);
  expect(await answers).toEqual(['gone']);
});
