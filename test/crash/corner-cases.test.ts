/** Rare sequences on a simulated disk, each of which once broke a promise. */
import { expect, it } from 'vitest';
import type { AgentLog } from '../../src/api.js';
import { openOn, type Tuning } from '../../src/handle.js';
import { type AgentLogOptions, checkOptions } from '../../src/options.js';
import { pathsOf } from '../../src/segment/store-directory.js';
import { survey } from '../../src/segment/survey.js';
import { Random } from '../support/random.js';
import { failure, SimulatedDisk } from '../support/simulated-disk.js';

const STORE = '/home/store';

class Setting {
  readonly disk = new SimulatedDisk(new Random(1));
  /** For looking at the disk from outside. */
  readonly outside = this.disk.processNamed('outside');
  readonly told: string[] = [];
  time = Date.UTC(2026, 5, 1);

  constructor() {
    this.outside.callSync('mkdir', '/home', 0o755);
    this.outside.callSync('fsync', this.outside.callSync('open', '/', 0, 0));
  }

  open(process: string, options: AgentLogOptions = {}, tuning: Partial<Tuning> = {}): Promise<AgentLog> {
    const on = {
      warning: ({ message }: { message: string }) => void this.told.push(message),
      damage: ({ reason }: { reason: string }) => void this.told.push(reason),
    };
    const checked = checkOptions({ allowForeignOwner: true, now: () => this.time++, on, ...options });
    const quiet = {
      sealAfter: Number.POSITIVE_INFINITY,
      littleBytes: 0,
      atExit: () => () => undefined,
      patience: 0,
    };
    return openOn(this.disk.processNamed(process), STORE, checked, { ...quiet, ...tuning });
  }

  /** The nth syncs of the process from now on fail, and what they were for is lost. */
  failSyncs(process: string, ...nth: number[]): void {
    let syncs = 0;
    this.disk.interfere = (name, call, args) => {
      if (name !== process || call !== 'fdatasync' || !nth.includes(++syncs)) return undefined;
      this.disk.loseUnsynced(args[0] as number);
      throw failure('EIO', call, 'a bad disk');
    };
  }

  segments(): string[] {
    return this.outside.callSync('readdir', `${STORE}/segments`).sort();
  }
}

const entry = (text: string) => ({ taskId: 't', type: 'text', text });

async function read(log: AgentLog): Promise<{ ids: string[]; texts: string[] }> {
  const [ids, texts]: [string[], string[]] = [[], []];
  for await (const { id, text } of log.scan()) {
    ids.push(id);
    texts.push(text);
  }
  return { ids, texts };
}

async function turns(count: number): Promise<void> {
  for (let n = count; n > 0; n--) await new Promise(setImmediate);
}

it('a flush fails once when what write took was lost before it', async () => {
  const setting = new Setting();
  const log = await setting.open('a');
  await log.append(entry('one'));
  setting.failSyncs('a', 1, 3);
  log.write(entry('two'));
  await turns(60);
  await expect(log.flush()).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
  await log.flush();
  log.flushSync();
});

it('flushSync does not tell an old failure again', async () => {
  const setting = new Setting();
  const log = await setting.open('a');
  await log.append(entry('one'));
  setting.disk.interfere = (_, call) => {
    if (call === 'fdatasync') throw failure('EIO', call, 'a bad disk');
    return undefined;
  };
  log.append(entry('two')).catch(() => undefined);
  for (let n = 0; n < 2; n++) await new Promise((resolve) => process.nextTick(resolve));
  expect(() => log.flushSync()).toThrow();
  setting.disk.interfere = () => undefined;
  log.flushSync();
});

/** Whose syncs by `a` fail until it is mended; tells when `lister` has listed the segments. */
class BadDiskUntilMended {
  isMended = false;
  readonly listed: Promise<void>;

  constructor(disk: SimulatedDisk, lister: string) {
    let lists = 0;
    this.listed = new Promise<void>((resolve) => {
      disk.interfere = (process, call) => {
        if (process === 'a' && call === 'fdatasync' && !this.isMended)
          throw failure('EIO', call, 'a bad disk');
        // A list is taken twice.
        if (process === lister && call === 'readdir' && ++lists === 2) resolve();
        return undefined;
      };
    });
  }
}

it('what was cut off after the segments were listed is not read', async () => {
  const setting = new Setting();
  const { disk, outside } = setting;
  const log = await setting.open('a');
  const reader = await setting.open('r', { readOnly: true });
  await log.append(entry('one'));
  // The reader has listed the segments, and waits until it may ask who lives.
  const asker = outside.callSync('open', `${STORE}/locks/liveness.lock`, 2, 0);
  outside.callSync('flock', asker);
  const bad = new BadDiskUntilMended(disk, 'r');
  const reading = read(reader);
  await bad.listed;
  await expect(log.append(entry('rejected'))).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
  bad.isMended = true;
  await log.append(entry('three'));
  await turns(20);
  outside.callSync('close', asker);
  expect((await reading).texts).not.toContain('rejected');
  expect((await read(reader)).texts).toEqual(['one', 'three']);
});

it('a cut that is made while it is asked who lives counts for whoever asks', async () => {
  const setting = new Setting();
  const { disk, outside } = setting;
  const log = await setting.open('a');
  await log.append(entry('one'));
  const asker = outside.callSync('open', `${STORE}/locks/liveness.lock`, 2, 0);
  outside.callSync('flock', asker);
  const bad = new BadDiskUntilMended(disk, 'compactor');
  const surveying = survey(disk.processNamed('compactor'), pathsOf(STORE));
  await bad.listed;
  await expect(log.append(entry('rejected'))).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
  bad.isMended = true;
  await log.append(entry('three'));
  await turns(20);
  outside.callSync('close', asker);
  expect((await surveying).sources.map(({ writer }) => writer)).toEqual(['cut', 'live']);
});

it('a sync of a leftover that failed is not tried again: what nothing proves stays unread', async () => {
  const setting = new Setting();
  const { disk } = setting;
  const log = await setting.open('a');
  await log.append(entry('one'));
  const reader = await setting.open('r', { readOnly: true });
  // It dies after the write, before the sync.
  await new Promise<void>((resolve) => {
    disk.interfere = (process, call) => {
      if (process !== 'a' || call !== 'fdatasync') return undefined;
      resolve();
      throw failure('EDEAD', call, 'a');
    };
    log.append(entry('two')).catch(() => undefined);
  });
  disk.kill('a');
  setting.failSyncs('r', 1);
  const texts = [(await read(reader)).texts, (await read(reader)).texts];
  disk.interfere = () => undefined;
  disk.cutPower();
  texts.push((await read(await setting.open('r2', { readOnly: true }))).texts);
  expect(texts).toEqual([['one'], ['one'], ['one']]);
});

it.each([1, 31])(
  'a batch whose mark was written in part (%i bytes) is rejected, and nobody reads it',
  async (part) => {
    const setting = new Setting();
    const { disk } = setting;
    const log = await setting.open('a');
    await log.append(entry('one'));
    const reader = await setting.open('r', { readOnly: true });
    let isSynced = false;
    // The rest can be written, as after a moment without space.
    disk.interfere = (process, call) => {
      if (process !== 'a') return undefined;
      if (call === 'fdatasync') isSynced = true;
      if (call !== 'write' || !isSynced) return undefined;
      disk.interfere = () => undefined;
      return part;
    };
    await expect(log.append(entry('two'))).rejects.toMatchObject({ code: 'AGENTLOG_DISK_FULL' });
    expect((await read(reader)).texts).toEqual(['one']);
    await log.append(entry('three'));
    for (const each of [reader, await setting.open('r2', { readOnly: true })])
      expect((await read(each)).texts).toEqual(['one', 'three']);
  },
);

it('close cuts off what was rejected', async () => {
  const setting = new Setting();
  const log = await setting.open('a');
  await log.append(entry('one'));
  let bad = true;
  setting.disk.interfere = (process, call, args) => {
    if (process !== 'a' || call !== 'fdatasync' || !bad) return undefined;
    setting.disk.loseUnsynced(args[0] as number);
    throw failure('EIO', call, 'a bad disk');
  };
  await expect(log.append(entry('rejected'))).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
  bad = false;
  await log.close();
  expect((await read(await setting.open('r', { readOnly: true }))).texts).toEqual(['one']);
  setting.disk.cutPower();
  expect((await read(await setting.open('r', { readOnly: true }))).texts).toEqual(['one']);
});

it('a segment that cannot be removed stays locked until it is cut off', async () => {
  const setting = new Setting();
  const log = await setting.open('a');
  const reader = await setting.open('r', { readOnly: true });
  await log.append(entry('one'));
  let syncs = 0;
  setting.disk.interfere = (process, call) => {
    if (process !== 'a') return undefined;
    // Of the batch in its own segment, and of the same in the next one, between which that is made.
    if (call === 'fdatasync' && [1, 3].includes(++syncs)) throw failure('EIO', call, 'a bad disk');
    if (call === 'unlink') throw failure('EIO', call, 'a bad disk');
    return undefined;
  };
  await expect(log.append(entry('rejected'))).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
  await turns(30);
  const first = await read(reader);
  await log.append(entry('three'));
  await turns(30);
  expect([first.texts, (await read(reader)).texts]).toEqual([['one'], ['one', 'three']]);
});

it('nobody reads an entry twice when looking at the file fails after its sync', async () => {
  const setting = new Setting();
  const log = await setting.open('a');
  const reader = await setting.open('r', { readOnly: true });
  await log.append(entry('one'));
  let failed = false;
  setting.disk.interfere = (process, call) => {
    if (process !== 'a' || call !== 'fstat' || failed) return undefined;
    failed = true;
    throw failure('EIO', call, 'a bad disk');
  };
  // The file is looked at once a second.
  while (!failed) {
    const appended = log.append(entry(`at ${setting.time}`));
    let done = false;
    appended.finally(() => {
      done = true;
    });
    do {
      const { texts } = await read(reader);
      expect(new Set(texts).size).toBe(texts.length);
    } while (!done);
  }
});

it('ids stay in order when a listener of warnings appends', async () => {
  const setting = new Setting();
  let log: AgentLog | undefined;
  let warnings = 0;
  const warning = () => {
    if (warnings++ === 0) log?.appendSync(entry('warned'));
  };
  log = await setting.open('a', { on: { warning } });
  await log.append(entry('one'));
  setting.failSyncs('a', 1);
  await log.append(entry('two'));
  await turns(30);
  const { ids, texts } = await read(log);
  expect(texts).toEqual(['one', 'two', 'warned']);
  expect(ids).toEqual([...ids].sort());
});

it.each([
  [
    'throws what cannot be printed',
    () => () => {
      throw Object.create(null);
    },
  ],
  [
    'is asynchronous and fails',
    () => async () => {
      throw new Error('late');
    },
  ],
])('a listener that %s does not reach the writer', async (_, listener) => {
  const setting = new Setting();
  const warned = new Promise((resolve) => process.once('warning', resolve));
  const log = await setting.open('a', { on: { warning: listener() } });
  await log.append(entry('one'));
  setting.failSyncs('a', 1);
  await log.append(entry('two'));
  expect(await warned).toMatchObject({ code: 'AGENTLOG_LISTENER_THREW' });
  expect((await read(log)).texts).toEqual(['one', 'two']);
});

it('an append is not rejected for a segment that could not be made when another could', async () => {
  const setting = new Setting();
  const log = await setting.open('a');
  let second: Promise<string> | undefined;
  setting.disk.interfere = (process, call, args) => {
    if (process !== 'a' || call !== 'open' || !String(args[0]).endsWith('.new') || second !== undefined)
      return undefined;
    second = Promise.resolve('not yet');
    log.appendSync(entry('sync'));
    second = log.append(entry('second'));
    throw failure('EMFILE', call, 'no descriptor');
  };
  await log.append(entry('first'));
  await second;
  expect((await read(log)).texts.sort()).toEqual(['first', 'second', 'sync']);
});

it('what cannot be written to a full disk leaves no cuts behind', async () => {
  const setting = new Setting();
  const log = await setting.open('a');
  await log.append(entry('one'));
  setting.disk.interfere = (_, call, args) => {
    if (call === 'write' && (args[3] as number) > 70_000) throw failure('ENOSPC', call, 'a full disk');
    return undefined;
  };
  for (let i = 0; i < 100; i++) {
    await expect(log.append(entry('x'.repeat(80_000)))).rejects.toMatchObject({ code: 'AGENTLOG_DISK_FULL' });
  }
  await turns(30);
  let longest = 0;
  setting.disk.interfere = (process, call, args) => {
    const isZeros = call === 'write' && (args[1] as Uint8Array).every((byte) => byte === 0);
    if (process === 'a' && call === 'write' && !isZeros) longest = Math.max(longest, args[3] as number);
    return undefined;
  };
  await log.append(entry('after'));
  expect(longest).toBeLessThan(500);
  expect(setting.segments()).toHaveLength(2);
});

it('space ahead that a disk has no room for is done without', async () => {
  const setting = new Setting();
  setting.disk.interfere = (_, call, args) => {
    if (call === 'write' && (args[4] as number) > 8000) throw failure('ENOSPC', call, 'a full disk');
    return undefined;
  };
  const log = await setting.open('a');
  await log.append(entry('one'));
  log.appendSync(entry('two'));
  await log.close();
});

it('a store on a medium that is read-only is read, with what a dead writer left', async () => {
  const setting = new Setting();
  const log = await setting.open('a');
  await log.append(entry('one'));
  setting.disk.kill('a');
  setting.disk.interfere = (_, call, args) => {
    const writes =
      call === 'open' ? ((args[1] as number) & 3) !== 0 : ['unlink', 'rename', 'mkdir'].includes(call);
    if (writes) throw failure('EROFS', call, 'a read-only medium');
    return undefined;
  };
  const reader = await setting.open('r', { readOnly: true });
  expect((await read(reader)).texts).toEqual(['one']);
  expect(setting.told).toEqual([]);
});

it('a segment that the disk cannot read is reported, and the others are read', async () => {
  const setting = new Setting();
  const [a, b] = [await setting.open('a'), await setting.open('b')];
  await a.append(entry('of a'));
  await b.append(entry('of b'));
  const [bad] = setting.segments().map((name) => `${STORE}/segments/${name}`) as [string];
  const { ino } = setting.outside.callSync('stat', bad);
  const reader = await setting.open('r', { readOnly: true });
  setting.disk.interfere = (process, call, args) => {
    if (process !== 'r' || call !== 'read') return undefined;
    if (setting.outside.callSync('fstat', args[0] as number).ino === ino)
      throw failure('EIO', call, 'a bad sector');
    return undefined;
  };
  expect((await read(reader)).texts).toEqual(['of b']);
  expect(setting.told).toEqual([expect.stringContaining(bad)]);
});

it('a clock that fails in the background hurts nobody', async () => {
  const setting = new Setting();
  let calls = Number.NaN;
  const log = await setting.open('a', { now: () => (++calls > 2 ? 0.5 : setting.time++) });
  await log.append(entry('one'));
  setting.time += 7000;
  calls = 0;
  await log.append(entry('two')).catch(() => undefined);
  await turns(20);
  calls = Number.NaN;
  await log.close();
});

it('ids are good whatever the clock shows: before 2020, and after the last year that they can hold', async () => {
  const setting = new Setting();
  let time = 1000;
  const log = await setting.open('a', { now: () => time });
  expect(setting.outside.callSync('readdir', `${STORE}/locks`)).toHaveLength(2);
  const ids: string[] = [];
  for (time of [1000, setting.time, Date.UTC(2100, 0), Date.UTC(2190, 0), setting.time]) {
    for (let n = 0; n < 5; n++) ids.push(await log.append(entry('x')));
  }
  expect(ids).toEqual([...new Set(ids)].sort());
  expect((await read(log)).ids).toEqual(ids);
  await log.close();
  await expect(setting.open('b', { now: () => Date.UTC(2100, 0) })).rejects.toMatchObject({
    code: 'AGENTLOG_IO',
  });
});

it('a long synchronous loop seals its segments and keeps no descriptors', async () => {
  const setting = new Setting();
  const log = await setting.open('a', { segmentBytes: 65_536 });
  log.appendSync(entry('first'));
  const before = setting.disk.openFiles;
  for (let n = 0; n < 500; n++) log.appendSync(entry('x'.repeat(1000)));
  expect(setting.segments().filter((name) => name.endsWith('.sealed')).length).toBeGreaterThan(5);
  // A spare may be on its way in the background.
  expect(setting.disk.openFiles).toBeLessThanOrEqual(before + 3);
  await log.close();
});
