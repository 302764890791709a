/** Readers that keep the write-ahead log from being written back: what is not in the database yet waits for them. */
import { expect, test } from 'vitest';
import { inspectDatabase, OUTSIDE, SOUND, waitingSegments, walBytes } from './support/database.js';
import { startHost } from './support/host.js';
import { storePath } from './support/stores.js';

/** Appends and compacts at once, as often as it is told; the answers say what was appended and what it was warned of. */
const STORE = `
  import { statSync } from 'node:fs';
  const warnings = [];
  const log = await openAgentLog(args.store, {
    segmentBytes: 65536,
    on: { damage: (damage) => say({ damage }), warning: ({ code, message }) => warnings.push({ code, message }) },
  });
  const detail = { group: 0, of: 1 };
  const ids = [];
  const rounds = [];
  // One that a close cuts short is told so.
  const compact = () => rounds.push(log.compact().catch(({ code }) => { if (code !== 'AGENTLOG_CLOSED') throw code; }));
  say('open');
  for (let n = 0; ; ) {
    const { what, count } = await hear();
    if (what === 'append') {
      for (let i = 0; i < count; i++) {
        ids.push(await log.append({ ...entry(n++ + ' ' + 'x'.repeat(3000)), detail }));
        if (i % 10 === 0) compact();
      }
      say(ids.length);
    } else if (what === 'compact') {
      compact();
      await Promise.all(rounds);
      say(await log.stats());
    } else if (what === 'rounds') {
      let most = 0;
      for (let round = 0; round < count; round++) {
        ids.push(...await log.appendBatch(Array.from({ length: 40 }, () => ({ ...entry('x'.repeat(3000)), detail }))));
        await log.compact();
        most = Math.max(most, statSync(args.store + '/agent-log.db-wal').size);
      }
      say(most);
    } else if (what === 'warnings') {
      say(warnings);
    } else {
      await log.close();
      say({ ids, warnings });
      process.exit();
    }
  }`;

const PINNING = `${OUTSIDE}
  const db = open(args.store, { readonly: true });
  db.exec('BEGIN');
  say(db.prepare('SELECT count(*) FROM agentLogEntries').pluck().get());
  await hear();
  db.exec('COMMIT');
  db.close();
  say('over');`;

interface Warning {
  readonly code: string;
  readonly message: string;
}

async function startStore(store: string) {
  const host = startHost(STORE, { args: { store } });
  expect(await host.says()).toBe('open');
  await host.ask({ what: 'append', count: 20 });
  await host.ask({ what: 'compact' });
  return host;
}

async function pin(store: string) {
  const reader = startHost(PINNING, { args: { store } });
  expect(await reader.says()).toBe(20);
  return reader;
}

async function checkRows(store: string, ids: readonly string[]): Promise<void> {
  expect(waitingSegments(store)).toEqual([]);
  const { rows, inspected } = await inspectDatabase(store);
  expect(inspected).toMatchObject(SOUND);
  expect(rows.map(({ id }) => id)).toEqual(ids);
}

test('a reader that does not end makes rows wait, but no append, and is told of once', async () => {
  const store = storePath();
  const host = await startStore(store);
  const reader = await pin(store);
  await host.ask({ what: 'append', count: 50 });
  const warnings = async () => (await host.ask({ what: 'warnings' })) as Warning[];
  while ((await warnings()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  const log = walBytes(store);
  const waiting = waitingSegments(store).length;
  for (let n = 0; n < 4; n++) expect(await host.ask({ what: 'append', count: 100 })).toBe(170 + n * 100);
  // Longer than a round's look, and any pause: whatever went on in spite of the reader would be seen.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(walBytes(store)).toBe(log);
  expect(waitingSegments(store).length).toBeGreaterThan(waiting);
  const [warning, ...more] = await warnings();
  expect(more).toEqual([]);
  expect(warning!.code).toBe('AGENTLOG_READER_PINNED');
  if (process.platform === 'linux') expect(warning!.message).toContain(`process ${reader.pid} (node)`);
  expect(await reader.ask('end')).toBe('over');
  expect(await host.ask({ what: 'compact' })).toMatchObject({ backlog: { segments: 0 } });
  const { ids, warnings: all } = (await host.ask({ what: 'close' })) as {
    ids: string[];
    warnings: Warning[];
  };
  expect(ids).toHaveLength(470);
  expect(all).toEqual([warning]);
  await checkRows(store, ids);
});

test('a store is closed although a reader does not end; what waits then is brought in later', async () => {
  const store = storePath();
  const host = await startStore(store);
  const reader = await pin(store);
  await host.ask({ what: 'append', count: 50 });
  const { ids, warnings } = (await host.ask({ what: 'close' })) as { ids: string[]; warnings: Warning[] };
  expect(warnings.at(-1)!.code).toBe('AGENTLOG_WAL_KEPT');
  expect(waitingSegments(store)).not.toEqual([]);
  expect(await reader.ask('end')).toBe('over');
  const next = startHost(STORE, { args: { store } });
  expect(await next.says()).toBe('open');
  expect(await next.ask({ what: 'compact' })).toMatchObject({ backlog: { segments: 0 } });
  expect(await next.ask({ what: 'close' })).toEqual({ ids: [], warnings: [] });
  await checkRows(store, ids);
});

test('readers of a moment each, who leave no moment without one, do not let the log grow', async () => {
  const store = storePath();
  const host = await startStore(store);
  // Each holds two connections in turn, the next one before it lets go of the last.
  const overlapping = `${OUTSIDE}
    const connections = [open(args.store, { readonly: true }), open(args.store, { readonly: true })];
    const reads = connections.map((db) => db.prepare('SELECT count(*) FROM agentLogEntries'));
    let over = false;
    hear().then(() => { over = true; });
    let n = 0;
    connections[0].exec('BEGIN');
    reads[0].get();
    say('reading');
    for (; !over; n++) {
      await new Promise((resolve) => setTimeout(resolve, 18));
      connections[(n + 1) % 2].exec('BEGIN');
      reads[(n + 1) % 2].get();
      connections[n % 2].exec('COMMIT');
    }
    for (const db of connections) db.close();
    say(n);`;
  const readers = [1, 2].map(() => startHost(overlapping, { args: { store } }));
  expect(await Promise.all(readers.map((reader) => reader.says()))).toEqual(['reading', 'reading']);
  const most = (await host.ask({ what: 'rounds', count: 25 })) as number;
  for (const reader of readers) expect(await reader.ask('end')).toBeGreaterThan(10);
  const { ids, warnings } = (await host.ask({ what: 'close' })) as { ids: string[]; warnings: Warning[] };
  expect(warnings).toEqual([]);
  // A round puts this into it three or four times, with the pages of the tables.
  expect(most).toBeLessThan((25 * 40 * 3000) / 4);
  await checkRows(store, ids);
});
