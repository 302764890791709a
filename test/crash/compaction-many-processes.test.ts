/** Twenty processes that append, some of which compact all the time. */
import { expect, test } from 'vitest';
import { leaderOf } from '../../tools/torture/processes/leader-of.js';
import { inspectDatabase, SOUND, waitingSegments } from './support/database.js';
import { startHost } from './support/host.js';
import { idsAndTexts, openStore, storePath } from './support/stores.js';

const PROCESSES = 20;
const APPENDS = 220;
/** Of them every fourth compacts. */
const COMPACTS_EACH = 4;

const PROGRAM = `
  const log = await openAgentLog(args.store, {
    segmentBytes: 65536,
    on: { damage: (damage) => say({ damage }), warning: ({ code, message }) => say({ code, message }) },
  });
  say('ready');
  await hear();
  let n = 0;
  let rounds = 0;
  const detail = { group: 0, of: 1 };
  const append = async () => { while (n < args.appends) say(await log.append({ ...entry(args.name + '/' + n++), detail })); };
  const compact = async () => { while (args.compacting && n < args.appends) { await log.compact(); rounds++; } };
  await Promise.all([append(), append(), append(), compact()]);
  await log.close();
  say({ rounds });
  process.exit();`;

test.each([false, true])('4,400 of 4,400 are rows (one of the writers stopped: %s)', async (stopping) => {
  const store = storePath();
  const ids: string[] = [];
  const troubles: unknown[] = [];
  let rounds = 0;
  const hosts = Array.from({ length: PROCESSES }, (_, n) =>
    startHost(PROGRAM, {
      args: { store, name: `host ${n}`, appends: APPENDS, compacting: n % COMPACTS_EACH === 1 },
    }),
  );
  await Promise.all(hosts.map((host) => host.says()));
  for (const host of hosts) {
    host.onSaid = (said) => {
      if (typeof said === 'string') ids.push(said);
      else if ('rounds' in (said as object)) rounds += (said as { rounds: number }).rounds;
      else troubles.push(said);
    };
    host.tell('go');
  }
  const [stopped, ...others] = hosts;
  const well = { status: 0, signal: null, stderr: '' };
  if (stopping) {
    // It has begun, and does not lead: it never compacts by itself before it has waited for a second.
    await new Promise<void>((resolve) => {
      const listener = stopped!.onSaid!;
      stopped!.onSaid = (said) => {
        listener(said);
        resolve();
      };
    });
    stopped!.signal('SIGSTOP');
    if (leaderOf(store) === stopped!.pid) stopped!.signal('SIGCONT');
    for (const { ended } of others) expect(await ended).toEqual(well);
    stopped!.signal('SIGCONT');
  }
  for (const { ended } of hosts) expect(await ended).toEqual(well);
  expect(troubles).toEqual([]);
  expect(ids).toHaveLength(PROCESSES * APPENDS);
  expect(rounds).toBeGreaterThan(0);

  const log = await openStore(store);
  await log.compact();
  const scanned = await idsAndTexts(log);
  await log.close();
  expect(scanned.map(([id]) => id)).toEqual(ids.toSorted());
  expect(waitingSegments(store)).toEqual([]);
  const { rows, inspected } = await inspectDatabase(store);
  expect(inspected).toEqual({ ...SOUND, state: 'closed' });
  expect(rows.map(({ id, text }) => [id, text])).toEqual(scanned);
});
