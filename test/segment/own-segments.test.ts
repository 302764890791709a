/** How a writer's segments follow one another, on a disk that can be watched. */
import { expect, it } from 'vitest';
import { RowReader } from '../../src/db/row-reader.js';
import { readEntries } from '../../src/reading/entry-stream.js';
import { takeSnapshot } from '../../src/reading/snapshot.js';
import { Tail } from '../../src/reading/tail.js';
import type { Disk, DiskCall } from '../../src/segment/disk.js';
import { makeLivenessLock } from '../../src/segment/liveness.js';
import type { SegmentOptions } from '../../src/segment/own-segments.js';
import { SegmentWriter } from '../../src/segment/segment-writer.js';
import { Slot } from '../../src/segment/slot.js';
import { run } from '../../src/segment/steps.js';
import { Random } from '../support/random.js';
import { entryOf } from '../support/segments.js';
import { failure, SimulatedDisk } from '../support/simulated-disk.js';

interface Setting {
  readonly disk: SimulatedDisk;
  readonly other: Disk;
  readonly writer: SegmentWriter;
  readonly problems: string[];
}

async function setting(options: Partial<SegmentOptions> = {}): Promise<Setting> {
  const disk = new SimulatedDisk(new Random(1));
  const port = disk.processNamed('writer');
  for (const folder of ['/locks', '/segments']) port.callSync('mkdir', folder, 0o700);
  await run(port, makeLivenessLock('/locks'));
  const slot = await run(port, Slot.take(port, '/locks', Date.now));
  const problems: string[] = [];
  const writer = new SegmentWriter({
    disk: port,
    directory: '/segments',
    slot,
    segmentBytes: 100_000,
    sealAfter: Number.POSITIVE_INFINITY,
    littleBytes: 0,
    now: Date.now,
    onProblem: ({ message }) => problems.push(message),
    ...options,
  });
  return { disk, other: disk.processNamed('other'), writer, problems };
}

const nothing = () => undefined;
const quiet = { read: nothing, unreadable: nothing, damagedRow: nothing, damagedRecord: nothing };

const files = (disk: Disk) =>
  disk
    .callSync('readdir', '/segments')
    .sort()
    .map((name) => name.split('.')[1]);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

function isLocked(disk: Disk, name: string): boolean {
  const fd = disk.callSync('open', `/segments/${name}`, 0, 0);
  const locked = !disk.callSync('flock', fd);
  disk.callSync('close', fd);
  return locked;
}

/** Makes the nth call of this name from now on fail, once. */
function failOnce(disk: SimulatedDisk, call: DiskCall, code: string, nth = 1): void {
  let left = nth;
  disk.interfere = (_, name, args) => {
    if (name !== call || --left !== 0) return undefined;
    if (name === 'fdatasync') disk.loseUnsynced(args[0] as number);
    throw failure(code, name, 'a bad disk');
  };
}

it('the next segment is there before the last is full, and is used', async () => {
  const { disk, writer } = await setting({ segmentBytes: 4000 });
  const events: string[] = [];
  disk.interfere = (_, name, args) => {
    if (name === 'rename') events.push(String(args[1]).replace(/.*\./, ''));
    return undefined;
  };
  for (let i = 0; i < 200; i++) {
    await writer.append(entryOf(`entry ${i} ${'.'.repeat(100)}`));
    // The spare is made in the background; on a real disk an append lasts longer than that.
    await new Promise(setImmediate);
  }
  await writer.close();
  // Whenever a segment is sealed, the one that follows it had been made before.
  const made = events.map((_, i) => events.slice(0, i).filter((event) => event === 'open').length);
  const sealed = events.map((_, i) => events.slice(0, i).filter((event) => event === 'sealed').length);
  const atSeals = events.flatMap((event, i) => (event === 'sealed' ? [made[i]! - sealed[i]!] : []));
  expect(atSeals.length).toBeGreaterThan(5);
  expect(atSeals.slice(0, -1).every((ahead) => ahead >= 2)).toBe(true);
});

it('a segment is sealed when it is old enough, and what was idle then makes no next one', async () => {
  const { other, writer } = await setting({ sealAfter: 50 });
  await writer.append(entryOf('one'));
  expect(files(other)).toEqual(['open']);
  await until(() => files(other).includes('sealed'));
  expect(files(other)).toEqual(['sealed']);
  await writer.append(entryOf('two'));
  expect(files(other)).toEqual(['sealed', 'open']);
  await writer.close();
  expect(files(other)).toEqual(['sealed', 'sealed']);
});

it('a segment that grows old while it is written to has its successor made in time', async () => {
  const { other, writer } = await setting({ sealAfter: 1000 });
  let most = 0;
  for (let i = 0; !files(other).includes('sealed'); i++) {
    await writer.append(entryOf(`entry ${i}`));
    most = Math.max(most, files(other).filter((state) => state === 'open').length);
  }
  expect(most).toBe(2);
  await writer.close();
});

it('what was made ahead and never used is removed at close', async () => {
  const { other, writer } = await setting({ segmentBytes: 2000 });
  await writer.append(entryOf('.'.repeat(1200)));
  await until(() => files(other).filter((state) => state === 'open').length === 2);
  await writer.close();
  expect(files(other)).toEqual(['sealed']);
});

it('a segment that was given up stays locked until its cut is on disk', async () => {
  const { disk, other, writer, problems } = await setting();
  await writer.append(entryOf('good'));
  const [first] = other.callSync('readdir', '/segments') as [string];
  // Nor can the next segment be made, in which the cut would stand.
  disk.interfere = (process, name, args) => {
    if (process !== 'writer') return undefined;
    if (name === 'open' && String(args[0]).endsWith('.new')) throw failure('EMFILE', name, 'too many');
    if (name !== 'fdatasync') return undefined;
    disk.loseUnsynced(args[0] as number);
    throw failure('EIO', name, 'a bad disk');
  };
  await expect(writer.append(entryOf('rejected'))).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
  for (let turn = 0; turn < 50; turn++) {
    await new Promise(setImmediate);
    expect(isLocked(other, first)).toBe(true);
  }
  disk.interfere = () => undefined;
  await writer.append(entryOf('later'));
  await until(() => !isLocked(other, first));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain('given up');
  await writer.close();
});

it.each([1, 2, 3])('a segment that cannot be made leaves nothing behind: open %i fails', async (nth) => {
  const { disk, other, writer } = await setting();
  failOnce(disk, 'open', 'EMFILE', nth);
  await expect(writer.append(entryOf('no file'))).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
  expect(files(other)).toEqual([]);
  const before = disk.openFiles;
  await writer.append(entryOf('a file'));
  expect(files(other)).toEqual(['open']);
  await writer.close();
  // The segment's two are closed, and the slot's.
  expect(disk.openFiles).toBe(before - 1);
});

it('a file that is taken for a leftover before it is locked is made anew', async () => {
  const { disk, other, writer } = await setting();
  let taken = 0;
  disk.interfere = (process, name) => {
    if (process !== 'writer' || name !== 'flock' || taken > 0) return undefined;
    const [unfinished] = other.callSync('readdir', '/segments');
    if (unfinished === undefined) return undefined;
    taken++;
    other.callSync('unlink', `/segments/${unfinished}`);
    return undefined;
  };
  await writer.append(entryOf('one'));
  expect(taken).toBe(1);
  expect(files(other)).toEqual(['open']);
  await writer.close();
});

it('an append after the segments were deleted is not acknowledged', async () => {
  // Not to be filled meanwhile, so that only the look at the file itself can tell.
  const { other, writer } = await setting({ segmentBytes: 1e9 });
  await writer.append(entryOf('one'));
  for (const name of other.callSync('readdir', '/segments')) other.callSync('unlink', `/segments/${name}`);
  other.callSync('rename', '/segments', '/elsewhere');
  const codes = new Set<unknown>();
  const begun = performance.now();
  // The file is looked at once a second.
  while (codes.size === 0 && performance.now() - begun < 10_000)
    await writer.append(entryOf('two')).catch(({ code }) => codes.add(code));
  expect([...codes]).toEqual(['AGENTLOG_IO']);
  await writer.close();
});

it.each(['append', 'appendSync'] as const)(
  '%s on a disk that fails every sync is rejected, and leaves nothing',
  async (how) => {
    const { disk, other, writer, problems } = await setting();
    await writer.append(entryOf('good'));
    const before = disk.openFiles;
    disk.interfere = (process, name, args) => {
      if (process !== 'writer' || name !== 'fdatasync') return undefined;
      disk.loseUnsynced(args[0] as number);
      throw failure('EIO', name, 'a bad disk');
    };
    for (let i = 0; i < 20; i++) {
      const append = async () => writer[how](entryOf(`bad ${i}`));
      await expect(append()).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
    }
    await until(() => disk.openFiles <= before && files(other).length === 1);
    // The first, whose one good batch counts, waits for its cut.
    expect(problems.length).toBeGreaterThan(0);
    disk.interfere = () => undefined;
    await writer.append(entryOf('good again'));
    expect(files(other)).toEqual(['open', 'open']);
    await writer.close();
  },
);

it('a disk that has no space for more than the entries takes the entries', async () => {
  const { disk, other, writer } = await setting({ pace: { smallest: 256, first: 256, largest: 256 } });
  await writer.append(entryOf('one'));
  disk.interfere = (process, name, args) => {
    const zeros = name === 'write' && (args[1] as Uint8Array).every((byte) => byte === 0);
    if (process === 'writer' && zeros) throw failure('ENOSPC', name, 'a full disk');
    return undefined;
  };
  for (let i = 0; i < 20; i++) await writer.append(entryOf(`entry ${i}`));
  for (let i = 0; i < 20; i++) writer.appendSync(entryOf(`entry ${i}`));
  expect(files(other)).toEqual(['open']);
  await writer.close();
});

it('an entry whose two segments both failed is cut off in both', async () => {
  const { disk, other, writer } = await setting();
  await writer.append(entryOf('good'));
  let syncs = 0;
  disk.interfere = (process, name) => {
    // Of the first segment's second batch, and of the second segment's first: between them the second is made.
    if (process === 'writer' && name === 'fdatasync' && [1, 3].includes(++syncs))
      throw failure('EIO', name, 'a bad disk');
    return undefined;
  };
  await expect(writer.append(entryOf('rejected'))).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
  await writer.append(entryOf('later'));
  disk.kill('writer');
  const paths = { root: '/', segments: '/segments', locks: '/locks', archive: '/a', quarantine: '/q' };
  const texts: string[] = [];
  const rows = new RowReader('/no/database');
  const tail = new Tail({ disk: other, paths, reports: quiet, patience: 0 });
  const place = { disk: other, rows, tail, reports: quiet };
  const snapshot = await takeSnapshot(place, (_, now) => now);
  for await (const found of readEntries(place, snapshot, { filter: {}, order: 'asc' }))
    texts.push(...found.map(({ text }) => text));
  expect(texts).toEqual(['good', 'later']);
});

it('an entry is tried in a second segment and in no third', async () => {
  const { disk, writer } = await setting();
  let tries = 0;
  disk.interfere = (process, name, args) => {
    const [, bytes, , , position] = args as [number, Uint8Array, number, number, number];
    if (process !== 'writer' || name !== 'write' || position !== 64 || bytes[0] === 0) return undefined;
    tries++;
    throw failure('EIO', name, 'a bad disk');
  };
  await expect(writer.append(entryOf('one'))).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
  expect(tries).toBe(2);
  expect(() => writer.appendSync(entryOf('one'))).toThrow(expect.objectContaining({ code: 'AGENTLOG_IO' }));
  expect(tries).toBe(4);
  await writer.close();
});
