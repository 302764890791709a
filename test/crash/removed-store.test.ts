/** Stores that are removed while somebody writes to them. */
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { type Host, startHost } from './support/host.js';
import { idsAndTexts, openStore, storePath } from './support/stores.js';

/** Appends until an append is rejected; then says how, and how its later attempts and `close` end. */
const PROGRAM = `
  const log = await openAgentLog(args.store, { on: { warning: () => {} }, segmentBytes: args.segmentBytes });
  let n = 0;
  const append = async () => {
    const one = entry('old ' + n++ + ' ' + 'x'.repeat(500));
    return args.sync ? log.appendSync(one) : log.append(one);
  };
  await append();
  say('ready');
  let rejected;
  while (rejected === undefined) {
    await append().catch((error) => { rejected = error; });
    await new Promise(setImmediate);
  }
  const later = [];
  for (let i = 0; i < 3; i++) later.push((await codeOf(append())).code);
  const scan = await codeOf(read(log));
  const closing = await codeOf(log.close());
  say({ code: rejected.code, later, scan: scan.code ?? scan.value.length, closing: closing.code });`;

async function endOf(host: Host): Promise<unknown> {
  const said = await host.says();
  expect(await host.ended).toEqual({ status: 0, signal: null, stderr: '' });
  return said;
}

const io = 'AGENTLOG_IO';

test.each([
  { sync: false, segmentBytes: 65_536 },
  { sync: true, segmentBytes: 65_536 },
  // Not to be filled while the test runs, so that only the look at the file itself can tell.
  { sync: false, segmentBytes: 1024 ** 3 },
  { sync: true, segmentBytes: 1024 ** 3 },
])('a store that was removed takes nothing more (%o)', async (how) => {
  const store = storePath();
  const host = startHost(PROGRAM, { args: { store, ...how } });
  await host.says();
  rmSync(store, { recursive: true, force: true, maxRetries: 100 });
  expect(await endOf(host)).toMatchObject({ code: io, later: [io, io, io], scan: io });
  expect(readdirSync(dirname(store))).toEqual([]);
});

test.each([false, true])(
  'nor does it write into another store that was made in its place (sync: %s)',
  async (sync) => {
    const store = storePath();
    const host = startHost(PROGRAM, { args: { store, sync, segmentBytes: 65_536 } });
    await host.says();
    rmSync(store, { recursive: true, force: true, maxRetries: 100 });
    const log = await openStore(store);
    // Slots of the one and of the other store have nothing to do with each other.
    expect((await log.stats()).slot).toBe(0);
    await log.append({ taskId: 't', type: 'text', text: 'new' });
    expect(await endOf(host)).toMatchObject({ code: io, later: [io, io, io] });
    expect((await idsAndTexts(log)).map(([, text]) => text)).toEqual(['new']);
    expect(readdirSync(join(store, 'segments'))).toHaveLength(1);
  },
);
