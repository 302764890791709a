/** A leader that dies, or is stopped for a while, as the other handles of its store see it. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { leaderOf } from '../../tools/torture/processes/leader-of.js';
import { Random } from '../support/random.js';
import { inspectDatabase, SOUND, waitingSegments } from './support/database.js';
import { type Host, startHost } from './support/host.js';
import { storePath } from './support/stores.js';

/** Does what it is told, one thing after the other: to append, to compact, to read, to close. */
const PROGRAM = `
  const log = await openAgentLog(args.store, {
    segmentBytes: 65536,
    on: { damage: (damage) => say({ damage }), warning: ({ code, message }) => say({ code, message }) },
  });
  say('open');
  let n = 0;
  const detail = { group: 0, of: 1 };
  for (;;) {
    const { what, count = 0 } = await hear();
    if (what === 'append') {
      const ids = [];
      for (let i = 0; i < count; i += 100) {
        const entries = Array.from({ length: 100 }, () => ({ ...entry(args.name + n++ + 'x'.repeat(500)), detail }));
        ids.push(...await log.appendBatch(entries));
      }
      say(ids);
    } else if (what === 'compact') {
      await log.compact();
      say('compacted');
    } else if (what === 'read') {
      const ids = (await read(log)).map(([id]) => id);
      say({ ids, last: (await log.get(ids.at(-1)))?.id });
    } else {
      await log.close();
      say('closed');
      process.exit();
    }
  }`;

const COUNT = 2000;

interface Reading {
  readonly ids: string[];
  readonly last: string;
}

async function startTwo(store: string): Promise<[Host, Host]> {
  const hosts = ['a', 'b'].map((name) => startHost(PROGRAM, { args: { store, name } }));
  expect(await Promise.all(hosts.map((host) => host.says()))).toEqual(['open', 'open']);
  return hosts as [Host, Host];
}

const append = async (host: Host, count = COUNT) => (await host.ask({ what: 'append', count })) as string[];

async function rest(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

async function checkRows(store: string, acknowledged: readonly string[]): Promise<void> {
  expect(waitingSegments(store)).toEqual([]);
  const { rows, inspected } = await inspectDatabase(store);
  expect(inspected).toMatchObject(SOUND);
  expect(rows.map(({ id }) => id)).toEqual(acknowledged.toSorted());
}

test.each([1, 2, 3])('another process takes the place of a leader that was killed (%i)', async (seed) => {
  const store = storePath();
  const random = new Random(seed);
  const [first, second] = await startTwo(store);
  const ids = [...(await append(first)), ...(await append(second, 100))];
  first.tell({ what: 'compact' });
  await rest(random.below(250));
  await first.kill();
  expect(await second.ask({ what: 'compact' })).toBe('compacted');
  ids.push(...(await append(second, 100)));
  expect(await second.ask({ what: 'close' })).toBe('closed');
  await checkRows(store, ids);
});

test('what a killed leader left behind becomes rows although nobody asks for it', async () => {
  const store = storePath();
  const [first, second] = await startTwo(store);
  const ids = [...(await append(first)), ...(await append(second, 100))];
  first.tell({ what: 'compact' });
  await first.kill();
  const third = startHost(PROGRAM, { args: { store, name: 'c' } });
  await third.says();
  // What is there when a store is opened has waited long enough.
  while (waitingSegments(store).some((file) => file.startsWith('000') && file.endsWith('.sealed')))
    await rest(5);
  expect(await second.ask({ what: 'close' })).toBe('closed');
  expect(await third.ask({ what: 'close' })).toBe('closed');
  await checkRows(store, ids);
});

test.runIf(process.platform === 'linux').each([1, 2, 3, 4])(
  'while a leader is stopped others append and read, and all becomes rows when it goes on (%i)',
  async (seed) => {
    const store = storePath();
    const random = new Random(seed);
    const [first, second] = await startTwo(store);
    const ids = await append(first, 100);
    expect(await first.ask({ what: 'compact' })).toBe('compacted');
    ids.push(...(await append(first)), ...(await append(second, 100)));
    first.tell({ what: 'compact' });
    await rest(random.below(50));
    first.signal('SIGSTOP');
    const state = () => /^State:\s+(\w)/m.exec(readFileSync(`/proc/${first.pid}/status`, 'utf8'))?.[1];
    while (state() !== 'T') await new Promise(setImmediate);
    expect(leaderOf(store)).toBe(first.pid);

    for (let n = 0; n < 2; n++) {
      ids.push(...(await append(second, 300)));
      const { ids: found, last } = (await second.ask({ what: 'read' })) as Reading;
      expect(found).toEqual(ids.toSorted());
      expect(last).toBe(found.at(-1));
    }
    second.tell({ what: 'compact' });
    // A handle that asks in vain stays without an answer.
    await rest(100);
    expect(waitingSegments(store)).not.toEqual([]);
    first.signal('SIGCONT');
    expect(await first.says()).toBe('compacted');
    expect(await second.says()).toBe('compacted');
    ids.push(...(await append(first, 100)));
    expect(await second.ask({ what: 'close' })).toBe('closed');
    expect(await first.ask({ what: 'close' })).toBe('closed');
    await checkRows(store, ids);
  },
);
