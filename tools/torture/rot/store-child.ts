/**
 * Makes a store with something of everything in it, tells what it was given, and waits to be killed: rows, a log of the
 * database that was not written back, sealed and open segments that wait, an archive, a quarantine.
 *
 * Entries come in batches that do not depend on the time, so that stores of one seed are alike to the length of a field.
 */
import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openForReading } from '../../../src/db/connection.js';
import { type AgentLog, type Entry, openAgentLog, type StoredEntry } from '../../../src/index.js';
import { say } from '../../bench/parent.js';
import { Random } from '../random.js';
import type { StoreKind } from './store-kinds.js';

const [directory, kind, seed] = process.argv.slice(2) as [string, StoreKind, string];
const random = new Random(Number(seed));
const given: StoredEntry[] = [];
const TIME = Date.UTC(2026, 0, 2, 3, 4, 5);

function someEntry(): Entry & { timestamp: number } {
  const words = random.pick(['plain words ', 'ünïcödé ✓ ', 'a\u0000b ', '🦊 ']);
  const length = random.chance(0.04) ? random.between(5000, 20_000) : random.below(400);
  return {
    taskId: `task-${random.below(6)}`,
    type: random.pick(['text', 'tool', 'thinking']),
    text: `${given.length} ${words.repeat(length / words.length)}`,
    timestamp: TIME + random.below(100_000),
    ...(random.chance(0.6) && { agent: `agent-${random.below(3)}` }),
    ...(random.chance(0.4) && {
      detail: { n: random.below(1e6), some: ['x'.repeat(random.below(60)), null] },
    }),
  };
}

/** Batches of one and of several. */
async function fill(log: AgentLog, entries: number): Promise<void> {
  for (let left = entries; left > 0; ) {
    const batch = Array.from({ length: Math.min(left, random.pick([1, 1, 2, 5])) }, someEntry);
    left -= batch.length;
    const ids = await log.appendBatch(batch);
    for (const [i, entry] of batch.entries()) given.push({ id: ids[i]!, ...entry } as StoredEntry);
  }
}

/** A sealed segment of which only the header has rotted: its entries become rows, and it goes into quarantine. */
async function fillAndSpoil(entries: number): Promise<void> {
  const log = await openAgentLog(directory, { compact: false });
  await fill(log, entries);
  await log.close();
  const segments = join(directory, 'segments');
  const sealed = readdirSync(segments).filter((name) => name.endsWith('.sealed'));
  const fd = openSync(join(segments, sealed.at(-1)!), 'r+');
  writeSync(fd, Buffer.from('rot'), 0, 3, 20);
  closeSync(fd);
}

const on = { damage: () => undefined, warning: () => undefined };
const archiveBytes = kind === 'rows without archive' ? 0 : undefined;
const fullText = kind === 'rows without archive';
const log = await openAgentLog(directory, { archiveBytes, fullText, on });
const beside = await openAgentLog(directory, { compact: false });
await fill(log, 90);
await fillAndSpoil(10);
await log.compact();
await fill(log, 60);
await log.compact();
await fill(beside, 30);
if (kind === 'killed leader') {
  const reader = openForReading(join(directory, 'agent-log.db'));
  reader.exec('BEGIN; SELECT count(*) FROM agentLogEntries');
  reader.prepare('SELECT count(*) FROM agentLogEntries').get();
  await fill(log, 30);
  // The reader keeps what is committed now from being written back, which is told.
  const pinned = new Promise((resolve) => {
    log.on('warning', ({ code }) => code === 'AGENTLOG_READER_PINNED' && resolve(code));
  });
  log.compact().catch(() => undefined);
  await pinned;
} else {
  await log.close();
  const sealing = await openAgentLog(directory, { compact: false });
  await fill(sealing, 25);
  await sealing.close();
}
const last = await openAgentLog(directory, { compact: false });
await fill(last, 20);
await fill(beside, 15);
say(given);
