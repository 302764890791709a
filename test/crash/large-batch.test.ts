/** Batches of several megabytes in segments of 64 KiB, whole or absent also when their writer is killed. */
import { expect, test } from 'vitest';
import { Random } from '../support/random.js';
import { startHost } from './support/host.js';
import { idsAndTexts, openStore, storePath } from './support/stores.js';

const KILLS = 4;
const ENTRIES = 1500;

const PROGRAM = `
  const log = await openAgentLog(args.store, { segmentBytes: 65536 });
  say('ready');
  const batches = async (caller) => {
    for (let n = 0; ; n++) {
      const name = args.name + '.' + caller + '.' + n;
      const entries = Array.from({ length: ${ENTRIES} }, (_, i) => entry(name + ' ' + i + ' ' + 'é'.repeat(700)));
      const ids = await log.appendBatch(entries);
      say({ name, ids });
    }
  };
  await Promise.all([batches('a'), batches('b')]);`;

test('a batch larger than a segment is there whole or not at all after a kill', async () => {
  const store = storePath();
  const random = new Random(77);
  for (let kill = 0; kill < KILLS; kill++) {
    // A store each, so that there is little to read.
    const directory = `${store}-${kill}`;
    const acknowledged: { name: string; ids: string[] }[] = [];
    const host = startHost(PROGRAM, { args: { store: directory, name: `host ${kill}` } });
    await host.says();
    const first = new Promise<void>((resolve) => {
      host.onSaid = (said) => {
        acknowledged.push(said as { name: string; ids: string[] });
        resolve();
      };
    });
    await first;
    await new Promise((resolve) => setTimeout(resolve, random.below(40)));
    await host.kill();

    const log = await openStore(directory);
    const found = new Map<string, string[]>();
    for (const [id, text] of await idsAndTexts(log)) {
      const [, name, i] = /^(.*) (\d+) é{700}$/.exec(text)!;
      const ids = found.get(name!) ?? [];
      expect(Number(i)).toBe(ids.length);
      found.set(name!, ids);
      ids.push(id);
    }
    for (const { name, ids } of acknowledged) expect(found.get(name)).toEqual(ids);
    for (const ids of found.values()) expect(ids).toHaveLength(ENTRIES);
    await log.close();
  }
});
