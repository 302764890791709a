/** Processes that end in the middle of a round, without closing the store. */
import { expect, test } from 'vitest';
import { Random } from '../support/random.js';
import { inspectDatabase, SOUND, waitingSegments } from './support/database.js';
import { runHost, startHost } from './support/host.js';
import { storePath } from './support/stores.js';

/** Says what it appended, and ends at some moment of the round that it began. */
const program = (end: string) => `
  const on = { damage: (damage) => say({ damage }), warning: (warning) => say({ warning }) };
  const logs = [await openAgentLog(args.store, { segmentBytes: 65536, on }), await openAgentLog(args.store, { segmentBytes: 65536, on })];
  const detail = { group: 0, of: 1 };
  const ids = [];
  for (const log of logs)
    ids.push(...await log.appendBatch(Array.from({ length: 800 }, (_, n) => ({ ...entry(n + 'x'.repeat(500)), detail }))));
  say(ids);
  const waiting = new AbortController();
  const begun = logs[0].compact({ signal: waiting.signal }).catch(() => undefined);
  logs[1].write({ ...entry('written at the end'), detail });
  setTimeout(() => { ${end} }, args.after);`;

const ENDS: readonly [how: string, end: string][] = [
  ['process.exit()', 'process.exit(0);'],
  // Nobody waits for the round any more, and a store keeps no process alive.
  ['a natural end', 'waiting.abort();'],
  ['SIGKILL', `process.kill(process.pid, 'SIGKILL');`],
];

test.each(ENDS)('nothing is lost by %s in the middle of a round', async (_, end) => {
  const random = new Random(7);
  const store = storePath();
  const ids: string[] = [];
  let written = 0;
  for (let n = 0; n < 4; n++) {
    const host = startHost(program(end), { args: { store, after: random.between(40, 220) } });
    ids.push(...((await host.says()) as string[]));
    const { status, signal, stderr } = await host.ended;
    expect(stderr).toBe('');
    expect(signal ?? status).toBe(end.includes('SIGKILL') ? 'SIGKILL' : 0);
    if (signal === null) written++;
  }
  const said = await runHost(
    `const damages = [];
     const warnings = [];
     const log = await openAgentLog(args.store, { on: { damage: (damage) => damages.push(damage), warning: (warning) => warnings.push(warning) } });
     await log.compact();
     const found = await read(log);
     await log.close();
     say({ damages, warnings, ids: found.map(([id]) => id), last: found.filter(([, text]) => text.startsWith('written')).length });`,
    { args: { store } },
  );
  const { ids: scanned, last, ...troubles } = said as { ids: string[]; last: number };
  expect(troubles).toEqual({ damages: [], warnings: [] });
  expect(last).toBeGreaterThanOrEqual(written);
  expect(waitingSegments(store)).toEqual([]);
  const { rows, inspected } = await inspectDatabase(store);
  expect(inspected).toEqual({ ...SOUND, state: 'closed' });
  expect(rows.map(({ id }) => id)).toEqual(scanned);
  const all = new Set(scanned);
  expect(ids.filter((id) => !all.has(id))).toEqual([]);
  expect(scanned).toHaveLength(ids.length + last);
});
