/** The committed store under test/fixtures/stores/good: rows, what waits, and what a dead writer left. */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SegmentImage } from '../../../src/segment/segment-image.js';
import { formatSegmentName } from '../../../src/segment/segment-name.js';
import { openAgentLog } from '../../crash/support/stores.js';
import { tempDir } from '../../package/support/temp-dir.js';
import { makeFixtures } from '../../support/fixtures.js';
import { entryOf, headerOf, idAt } from '../../support/segments.js';

const GOOD = fileURLToPath(new URL('../../fixtures/stores/good', import.meta.url));
/** Git keeps no empty ones. */
const DIRECTORIES = ['segments', 'archive', 'quarantine', 'locks'];
const TIME = Date.UTC(2026, 0, 2, 3, 4, 5);
const TYPES = ['thinking', 'text', 'tool', 'tool_result'];

/** `store` in a directory of its own, which it returns; all goes when the running test ends. */
export function goodStore(): string {
  const directory = tempDir();
  const store = join(directory, 'store');
  cpSync(GOOD, store, { recursive: true });
  for (const name of DIRECTORIES) mkdirSync(join(store, name), { recursive: true });
  return directory;
}

/** Only when AGENTLOG_WRITE_FIXTURES=1 says so, and it is missing. */
export async function makeGoodStore(): Promise<void> {
  if (process.env.AGENTLOG_WRITE_FIXTURES !== '1' || existsSync(GOOD)) return;
  let now = TIME;
  const log = await openAgentLog(GOOD, { now: () => now });
  for (let i = 0; i < 60; i++) {
    now += 40_000;
    await log.append({
      taskId: `FN-${String(40 + (i % 3)).padStart(3, '0')}`,
      type: TYPES[i % TYPES.length]!,
      agent: 'executor',
      text:
        i === 7
          ? 'control \u001b[31mcharacters\u0007 and ünïcödé 🦊'
          : `Step ${i}: reading the failing test first.`,
      ...(i % 4 === 2 && { detail: { exit: i } }),
    });
  }
  await log.compact();
  await log.close();
  // Sealed, and not a row yet.
  const waiting = await openAgentLog(GOOD, { now: () => now, compact: false });
  now += 40_000;
  for (const text of ['one', 'two', 'three']) await waiting.append({ taskId: 'FN-042', type: 'text', text });
  await waiting.close();
  for (const file of ['agent-log.db-wal', 'agent-log.db-shm']) rmSync(join(GOOD, file), { force: true });
  for (const file of readdirSync(join(GOOD, 'locks')))
    if (file === 'compactor.lock') rmSync(join(GOOD, 'locks', file));
  leaveTorn(GOOD);
}

/** As a writer leaves it that dies while it writes. */
function leaveTorn(store: string): void {
  const header = headerOf(300);
  const whole = new SegmentImage(header).entry(entryOf('acknowledged'), idAt(1)).endBatch().mark();
  const bytes = whole.entry(entryOf('never acknowledged'), idAt(2)).endBatch().bytes();
  const file = formatSegmentName({ ...header, state: 'open' });
  writeFileSync(join(store, 'segments', file), Buffer.concat([bytes.subarray(0, -20), Buffer.alloc(2048)]));
}

/** Puts one of the segments of test/fixtures/format-1 into a store; returns its name. */
export function placeSegment(store: string, name: string, directory = 'segments'): string {
  const { file, bytes } = makeFixtures().find((fixture) => fixture.name === name)!;
  writeFileSync(join(store, directory, file), bytes);
  return basename(file);
}
