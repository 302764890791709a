/** Following what other processes write, whatever becomes of them, and in processes that end by themselves. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDir } from '../package/support/temp-dir.js';
import { FOLLOWER, savedIn } from './support/follower.js';
import { type Host, runHost, startHost, stopHost } from './support/host.js';
import { openStore, storePath } from './support/stores.js';

/** Appends as many as it is told, some at once, and says their texts. */
const WRITER = `
  const log = await openAgentLog(args.store, { segmentBytes: 65536 });
  let n = 0;
  say('open');
  for (;;) {
    const { count, compacting } = await hear();
    const texts = Array.from({ length: count }, () => args.name + ' ' + n++);
    const ids = await Promise.all(texts.map((text) => log.append({ ...entry(text), detail: 'x'.repeat(1000) })));
    if (compacting) await log.compact();
    say(texts);
  }`;

async function startWriter(store: string, name: string): Promise<Host> {
  const host = startHost(WRITER, { args: { store, name } });
  expect(await host.says()).toBe('open');
  return host;
}

/** What a follower of all has got, as soon as these are as many. */
async function startFollower(store: string) {
  const file = join(tempDir(), 'entries');
  const host = startHost(FOLLOWER, { args: { store, file, filter: {} } });
  expect(await host.says()).toBe('following');
  const texts = () => savedIn(file).map(({ text }) => text);
  return async (expected: readonly string[]) => {
    await expect.poll(() => texts().length, { timeout: 60_000 }).toBeGreaterThanOrEqual(expected.length);
    expect(texts()).toEqual(expected);
  };
}

test('a follower crosses segments, compaction, and the end of their writer', async () => {
  const store = storePath();
  const first = await startWriter(store, 'first');
  const hasGot = await startFollower(store);
  const texts: string[] = [];
  for (const compacting of [false, true, false, true, false]) {
    texts.push(...((await first.ask({ count: 150, compacting })) as string[]));
    if (compacting) await hasGot(texts);
  }
  await first.kill();
  await hasGot(texts);
  const second = await startWriter(store, 'second');
  texts.push(...((await second.ask({ count: 150, compacting: true })) as string[]));
  await hasGot(texts);
});

test.runIf(process.platform === 'linux')(
  'while one writer is stopped a follower gets what others write, and then all that the stopped one does',
  async () => {
    const store = storePath();
    const stopped = await startWriter(store, 'stopped');
    const other = await startWriter(store, 'other');
    const file = join(tempDir(), 'entries');
    const follower = startHost(FOLLOWER, { args: { store, file, filter: {} } });
    expect(await follower.says()).toBe('following');
    const of = (name: string) => savedIn(file).flatMap(({ text }) => (text.startsWith(name) ? [text] : []));
    // It may be stopped in the middle of a batch.
    stopped.tell({ count: 500 });
    await stopHost(stopped);
    const others = (await other.ask({ count: 300, compacting: true })) as string[];
    await expect.poll(() => of('other').length, { timeout: 60_000 }).toBe(others.length);
    expect(of('other')).toEqual(others);
    stopped.signal('SIGCONT');
    const during = (await stopped.says()) as string[];
    await expect.poll(() => of('stopped').length, { timeout: 60_000 }).toBe(during.length);
    expect(of('stopped')).toEqual(during);
    expect(of('other')).toEqual(others);
  },
);

test('several follows of one handle each get everything, and end without each other', async () => {
  const store = storePath();
  const writer = await startWriter(store, 'w');
  const reader = await openStore(store, { readOnly: true });
  const stop = new AbortController();
  const got: string[][] = [[], [], []];
  const follows = [reader.follow(), reader.follow({ signal: stop.signal }), reader.follow({ taskId: 't' })];
  const ended = follows.map(async (follow, n) => {
    for await (const { text } of follow) got[n]!.push(text);
  });
  const first = (await writer.ask({ count: 200 })) as string[];
  await expect.poll(() => got.map(({ length }) => length), { timeout: 60_000 }).toEqual([200, 200, 200]);
  stop.abort();
  await ended[1];
  const second = (await writer.ask({ count: 200 })) as string[];
  await expect.poll(() => [got[0]!.length, got[2]!.length], { timeout: 60_000 }).toEqual([400, 400]);
  await follows[0]!.return!();
  await ended[0];
  await reader.close();
  await ended[2];
  const all = [...first, ...second];
  expect(got).toEqual([all, first, all]);
});

test('a process runs for as long as it waits for an entry, and no longer', async () => {
  const store = storePath();
  const log = await openStore(store);
  const ids = [await log.append({ taskId: 't', type: 'text', text: '0' })];
  const host = startHost(
    `
    const log = await openAgentLog(args.store, { readOnly: true });
    const ids = [];
    for await (const { id } of log.follow()) {
      say(id);
      if (ids.push(id) === 3) break;
    }
    const stop = new AbortController();
    const aborted = log.follow({ signal: stop.signal });
    while ((await aborted.next()).value.id !== ids[2]);
    setTimeout(() => stop.abort(), 10);
    say((await aborted.next()).done);`,
    { args: { store } },
  );
  for (let n = 0; n < 3; n++) {
    expect(await host.says()).toBe(ids[n]);
    if (n < 2) ids.push(await log.append({ taskId: 't', type: 'text', text: String(n + 1) }));
  }
  // The store is not even closed.
  expect(await host.says()).toBe(true);
  expect(await host.ended).toEqual({ status: 0, signal: null, stderr: '' });
});

test.runIf(process.platform === 'linux').each([true, false])(
  'a follower gets what comes, whether or not the directory can be watched (%s)',
  async (isWatched) => {
    const store = storePath();
    const log = await openStore(store);
    const host = startHost(
      `
      import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
      const log = await openAgentLog(args.store, { readOnly: true });
      const descriptors = [];
      // Nothing can be opened in the moment in which the watch would begin.
      try { while (!args.isWatched) descriptors.push(openSync('/dev/null')); } catch {}
      const follow = log.follow();
      for (const fd of descriptors) closeSync(fd);
      const links = readdirSync('/proc/self/fd').map((fd) => { try { return readlinkSync('/proc/self/fd/' + fd); } catch { return ''; } });
      say(links.some((link) => link.includes('inotify')));
      for await (const { text } of follow) say(text);`,
      { args: { store, isWatched }, through: ['sh', '-c', 'ulimit -n 128; exec "$@"', 'sh'] },
    );
    expect(await host.says()).toBe(isWatched);
    for (const text of ['1', '2', '3']) {
      await log.append({ taskId: 't', type: 'text', text });
      expect(await host.says()).toBe(text);
    }
  },
);

test.runIf(process.platform === 'linux')(
  'a follower reads next to nothing while nothing comes, also beside what a killed writer left',
  async () => {
    const store = storePath();
    const living = await startWriter(store, 'living');
    const killed = await startWriter(store, 'killed');
    const texts = [...((await living.ask({ count: 5 })) as string[])];
    texts.push(...((await killed.ask({ count: 5 })) as string[]));
    await killed.kill();
    const said = await runHost(
      `
      import { readFileSync } from 'node:fs';
      import { setTimeout as delay } from 'node:timers/promises';
      const log = await openAgentLog(args.store, { readOnly: true });
      const follow = log.follow();
      for (let n = 0; n < args.count; n++) await follow.next();
      const waiting = follow.next();
      const reads = () => Number(/^syscr: (\\d+)/m.exec(readFileSync('/proc/self/io', 'utf8'))[1]);
      await delay(500);
      const before = reads();
      await delay(3000);
      say(reads() - before);
      await log.close();
      await waiting;`,
      { args: { store, count: texts.length } },
    );
    // It looks once a second, and once more closely when what the killed one left has become rows. A look every five milliseconds would be a thousand.
    expect(said).toBeLessThan(200);
  },
);
