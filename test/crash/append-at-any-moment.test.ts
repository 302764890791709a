/** A writer that has nothing to do must notice what it is given, whenever that comes: nobody else would wake it. */
import { expect, test } from 'vitest';
import { runHost } from './support/host.js';
import { openStore, storePath, textsIn } from './support/stores.js';

test('an append is written by itself, however long after the one before it comes', async () => {
  const directory = storePath();
  // A program whose append is never written ends before it says anything, as nothing keeps it alive.
  const given = (await runHost(
    `
    const log = await openAgentLog(args.directory, { compact: false });
    const later = { 'at once': () => undefined, tick: () => new Promise((resolve) => process.nextTick(resolve)), turn: () => new Promise(setImmediate) };
    const given = [];
    for (const [name, wait] of Object.entries(later))
      for (let microtasks = 0; microtasks < 12; microtasks++)
        for (const call of ['append', 'appendBatch', 'write', 'deleteTask']) {
          await log.append(entry('before'));
          await wait();
          for (let i = 0; i < microtasks; i++) await undefined;
          if (call === 'deleteTask') { await log.deleteTask('nothing'); continue; }
          const text = [name, microtasks, call].join(' ');
          given.push(text);
          if (call === 'append') await log.append(entry(text));
          if (call === 'appendBatch') await log.appendBatch([entry(text)]);
          if (call === 'write') { log.write(entry(text)); await log.flush(); }
        }
    say(given);
    await log.close();`,
    { args: { directory } },
  )) as string[];
  expect(given).toHaveLength(108);
  expect((await textsIn(directory)).filter((text) => text !== 'before')).toEqual(given);
  expect(await (await openStore(directory, { readOnly: true })).count({ taskId: 't' })).toBe(252);
});
