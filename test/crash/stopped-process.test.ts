/** A process that is stopped for a while, as by a debugger, a laptop's lid or a paused container, and goes on. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startHost, stopHost } from './support/host.js';
import { idsAndTexts, openStore, storePath } from './support/stores.js';

/** Appends what it is told to; the clock is as far ahead as it is told. */
const PROGRAM = `
  let ahead = 0;
  const log = await openAgentLog(args.store, { now: () => Date.now() + ahead, segmentBytes: 65536 });
  say('open');
  for (;;) {
    const { count, syncing, ahead: by = ahead } = await hear();
    if (count === 0) break;
    ahead = by;
    const entries = Array.from({ length: count }, () => entry('x'.repeat(1000)));
    say(syncing ? entries.map((one) => log.appendSync(one)) : await Promise.all(entries.map((one) => log.append(one))));
  }
  await log.close();
  say('closed');
  process.exit();`;

test.runIf(process.platform === 'linux')(
  'a stopped process keeps its segment and its slot, and goes on as if nothing had been',
  async () => {
    const store = storePath();
    const host = startHost(PROGRAM, { args: { store } });
    await host.says();
    const before = (await host.ask({ count: 30 })) as string[];
    // It may be stopped in the middle of a batch.
    host.tell({ count: 300 });
    await stopHost(host);

    const recovered: unknown[] = [];
    const log = await openStore(store, { on: { recover: (event) => recovered.push(event) } });
    expect((await log.stats()).slot).toBe(1);
    const others = [await log.append({ taskId: 'o', type: 'text', text: 'other' })];
    const files = readdirSync(join(store, 'segments')).filter((file) => file.startsWith('0000'));
    const meanwhile = (await idsAndTexts(log)).map(([id]) => id);
    expect(meanwhile).toEqual(expect.arrayContaining([...before, ...others]));
    await log.close();
    const again = await openStore(store, { on: { recover: (event) => recovered.push(event) } });
    expect(recovered).toEqual([]);
    expect(readdirSync(join(store, 'segments'))).toEqual(expect.arrayContaining(files));

    host.signal('SIGCONT');
    const during = (await host.says()) as string[];
    const after = (await host.ask({ count: 30 })) as string[];
    expect(await host.ask({ count: 0 })).toBe('closed');
    const own = [...before, ...during, ...after];
    expect(own).toEqual(own.toSorted());
    const found = await idsAndTexts(again);
    expect(found.map(([id]) => id)).toEqual([...own, ...others].sort());
  },
);

test.each([false, true])(
  'ids go on growing, once the ceiling was raised, after an hour passed unseen (sync: %s)',
  async (syncing) => {
    const store = storePath();
    const host = startHost(PROGRAM, { args: { store } });
    await host.says();
    const before = (await host.ask({ count: 10, syncing })) as string[];
    const after = (await host.ask({ count: 10, syncing, ahead: 3_600_000 })) as string[];
    const own = [...before, ...after];
    expect(own).toEqual(own.toSorted());
    await host.kill();
    // The slot's ceiling lies an hour ahead: until then it is nobody's.
    const log = await openStore(store, { now: () => Date.now() + 1_800_000 });
    expect((await log.stats()).slot).toBe(1);
    const later = await openStore(store, { now: () => Date.now() + 3_700_000 });
    expect((await later.stats()).slot).toBe(0);
    const next = await later.append({ taskId: 't', type: 'text', text: 'later' });
    expect(next > own.at(-1)!).toBe(true);
  },
);
