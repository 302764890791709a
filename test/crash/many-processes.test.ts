/** Twenty processes with one store at the same time. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Acknowledged } from './support/acknowledged.js';
import { type Acknowledgement, APPENDER } from './support/appender.js';
import { runHost, startHost } from './support/host.js';
import { openStore, storePath } from './support/stores.js';

const PROCESSES = 20;
const all = <Result>(make: (n: number) => Promise<Result>, count = PROCESSES): Promise<Result[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => make(n)));

test('twenty processes append at the same time, each with a slot, which others use after them', async () => {
  const store = storePath();
  const acknowledged = new Acknowledged();
  const generation = async (number: number) => {
    const hosts = Array.from({ length: PROCESSES }, (_, n) => {
      const name = `host ${number}-${n}`;
      return { name, host: startHost(APPENDER, { args: { store, name, seed: n } }) };
    });
    const slots = (await all((n) => hosts[n]!.host.says())) as { slot: number }[];
    await all(async (n) => {
      const { name, host } = hosts[n]!;
      host.tell(100);
      for (let said = await host.says(); said !== 'done'; said = await host.says())
        acknowledged.hear(name, said as Acknowledgement);
      host.tell(0);
      expect(await host.ended).toEqual({ status: 0, signal: null, stderr: '' });
    });
    return slots.map(({ slot }) => slot).sort((a, b) => a - b);
  };
  const first = await generation(1);
  expect(first).toEqual(Array.from({ length: PROCESSES }, (_, n) => n));
  expect(await generation(2)).toEqual(first);
  expect(acknowledged.size).toBeGreaterThanOrEqual(2 * PROCESSES * 100);
  const found = await acknowledged.check(await openStore(store, { readOnly: true }));
  expect(found).toHaveLength(acknowledged.size);
  const left = readdirSync(join(store, 'segments')).filter((file) => !file.endsWith('.sealed'));
  expect(left).toEqual([]);
});

test('ten processes that make the same store at the same moment make one', async () => {
  const store = storePath();
  const program = `
    say('ready');
    const start = await hear();
    while (Date.now() < start);
    const log = await openAgentLog(args.store);
    say([await log.append(entry(String(args.n))), (await log.stats()).slot]);
    await hear();
    await log.close();
    process.exit();`;
  const hosts = Array.from({ length: 10 }, (_, n) => startHost(program, { args: { store, n } }));
  await all((n) => hosts[n]!.says(), 10);
  const start = Date.now() + 20;
  const answers = (await all((n) => hosts[n]!.ask(start), 10)) as [id: string, slot: number][];
  const manifest = readFileSync(join(store, 'agentlog.json'), 'utf8');
  await all(async (n) => {
    hosts[n]!.tell('close');
    expect(await hosts[n]!.ended).toEqual({ status: 0, signal: null, stderr: '' });
  }, 10);
  expect(new Set(answers.map(([, slot]) => slot)).size).toBe(10);
  // Nothing but the one manifest: no name under which another was prepared, nor another after the first.
  expect(readFileSync(join(store, 'agentlog.json'), 'utf8')).toBe(manifest);
  const others = readdirSync(store).filter((file) => !file.startsWith('agent-log.db'));
  expect(others.sort()).toEqual(['agentlog.json', 'archive', 'locks', 'quarantine', 'segments']);
  const log = await openStore(store, { readOnly: true });
  for (const [n, [id]] of answers.entries()) expect((await log.get(id))?.text).toBe(String(n));
});

test('a store that is made again and again by processes at the same moment has one manifest from the first read on', async () => {
  const parent = storePath();
  // Whoever finds a manifest finds it whole, and never another one later.
  const program = `
    import { existsSync, readFileSync } from 'node:fs';
    const logs = [];
    const seen = new Set();
    for (let round = 0; round < 20; round++) {
      const store = args.parent + '/' + round;
      logs.push(await openAgentLog(store));
      seen.add(round + ' ' + JSON.parse(readFileSync(store + '/agentlog.json', 'utf8')).storeId);
    }
    await Promise.all(logs.map((log) => log.close()));
    say([...seen]);`;
  const answers = await all(() => runHost(program, { args: { parent } }), 4);
  expect(new Set(answers.flat()).size).toBe(20);
});
