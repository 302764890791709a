/** A process that has no file descriptor left. */
import { expect, test } from 'vitest';
import { runHost } from './support/host.js';
import { storePath } from './support/stores.js';

test('without file descriptors calls reject, nothing acknowledged is lost, and with some it goes on', async () => {
  const store = storePath();
  const said = await runHost(
    `import { closeSync, openSync } from 'node:fs';
    const acknowledged = [];
    const rejected = [];
    const log = await openAgentLog(args.store, { segmentBytes: 65536, on: { warning: () => {} } });
    const append = async (text, way) => {
      try { acknowledged.push([way === 'sync' ? log.appendSync(entry(text)) : await log.append(entry(text)), text]); }
      catch (error) { rejected.push([error.code, error.cause?.code]); }
    };
    const outcomes = {};
    await append('before');
    for (let round = 0; round < 3; round++) {
      // What may be loaded lazily is loaded by now.
      const before = await read(log);
      const held = [];
      const holdAll = () => {
        try { for (;;) held.push(openSync('/dev/null', 'r')); } catch ({ code }) { outcomes.limit = code; }
      };
      holdAll();
      // The present segment has its descriptors; sooner or later another is needed.
      for (let n = 0; rejected.length < (round + 1) * 20; n++)
        await append(round + ' ' + n + ' ' + 'x'.repeat(3000), n % 3 === 0 ? 'sync' : 'async');
      // A segment that was sealed meanwhile has given its descriptors back.
      holdAll();
      outcomes.scan = await codeOf(read(log));
      outcomes.get = await codeOf(log.get(before[0][0]));
      outcomes.open = await codeOf(openAgentLog(args.store));
      outcomes.make = await codeOf(openAgentLog(args.store + '2'));
      for (const fd of held) closeSync(fd);
      await append('after ' + round);
    }
    const found = await read(log);
    await log.close();
    const again = await openAgentLog(args.store);
    acknowledged.sort(([a], [b]) => a < b ? -1 : 1);
    say({
      same: [found, await read(again)].map((entries) => JSON.stringify(entries) === JSON.stringify(acknowledged)),
      after: acknowledged.filter(([, text]) => text.startsWith('after')).length,
      codes: [...new Set(rejected.map(String))],
      outcomes: Object.fromEntries(Object.entries(outcomes).map(([name, { code }]) => [name, code])),
      limit: outcomes.limit,
    });
    await again.close();`,
    { args: { store }, through: ['sh', '-c', 'ulimit -n 128; exec "$@"', 'sh'] },
  );
  const io = 'AGENTLOG_IO';
  expect(said).toEqual({
    same: [true, true],
    after: 3,
    codes: [`${io},EMFILE`],
    outcomes: { scan: io, get: io, open: io, make: io },
    limit: 'EMFILE',
  });
});
