/**
 * A real file system that fails from one moment to the next, as one does whose device is gone: every write and every
 * sync is EIO, also those under way, and what was not synced is nowhere when it is mounted again.
 */
import { expect, test } from 'vitest';
import { FAILING_DISK, onDisk } from './support/disk.js';
import { runHost } from './support/host.js';

const ROUNDS = 8;

const PROGRAM = `${FAILING_DISK}
  const acknowledged = new Map();
  const given = new Set();
  const codes = new Set();
  const damages = [];
  const problems = [];
  let unknown = 0;
  const on = { damage: (damage) => damages.push(damage), warning: () => {} };
  const take = (group) => {
    const text = given.size + ' ' + group + ' ' + 'x'.repeat((given.size * 37) % 700);
    given.add(text);
    return text;
  };
  for (let round = 0; round < args.rounds; round++) {
    const log = await openAgentLog(disk + '/store', { on, segmentBytes: 65536 });
    let failed = false;
    const keep = async (texts, work) => {
      try {
        const ids = await work(texts.map(entry));
        ids.forEach((id, i) => acknowledged.set(texts[i], id));
      } catch ({ code }) {
        codes.add(code);
        if (failed) return false;
        problems.push('rejected before the disk failed: ' + code);
      }
      return true;
    };
    const one = () => keep([take('-')], async ([one]) => [await log.append(one)]);
    const sync = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return keep([take('-')], async ([one]) => [log.appendSync(one)]);
    };
    const several = () => {
      const group = 'group' + given.size;
      return keep([take(group), take(group), take(group)], (entries) => log.appendBatch(entries));
    };
    const until = async (way) => { while (await way()); };
    const callers = [one, one, one, one, one, one, several, several, sync].map(until);
    // By entries and not by the clock: what a fast machine writes in a while is more than the disk takes.
    const enough = acknowledged.size + 50 + round * 90;
    while (acknowledged.size < enough) await new Promise(setImmediate);
    failed = true;
    await failDisk();
    await Promise.all(callers);
    await log.close();
    remountDisk();

    const after = await openAgentLog(disk + '/store', { on });
    const found = new Map();
    const groups = new Map();
    for (const [id, text] of await read(after)) {
      if (found.has(text)) problems.push('twice: ' + text);
      if (!given.has(text)) problems.push('invented: ' + text);
      found.set(text, id);
      const group = text.split(' ')[1];
      if (group !== '-') groups.set(group, (groups.get(group) ?? 0) + 1);
    }
    for (const [text, id] of acknowledged) if (found.get(text) !== id) problems.push('lost: ' + text);
    for (const [group, count] of groups) if (count !== 3) problems.push('in part: ' + group);
    unknown += found.size - acknowledged.size;
    // Whoever read them may go by them: from now on they count as acknowledged.
    for (const [text, id] of found) acknowledged.set(text, id);
    await keep([take('-')], async ([one]) => [await after.append(one)]);
    await after.close();
  }
  say({ acknowledged: acknowledged.size, unknown, codes: [...codes].sort(), damages, problems });`;

test('what was acknowledged is there after the file system failed under the writers', async (context) => {
  const { args, through } = onDisk('ext4', context);
  const said = await runHost(PROGRAM, {
    args: { ...args, rounds: ROUNDS },
    through,
  });
  const { acknowledged, codes, damages, problems } = said as {
    acknowledged: number;
    codes: string[];
    damages: unknown[];
    problems: string[];
  };
  // One by one, so that a failure shows all of what it is about.
  expect(problems.map((problem) => problem.slice(0, 100))).toEqual([]);
  expect(damages).toEqual([]);
  expect(codes).toEqual(['AGENTLOG_IO']);
  expect(acknowledged).toBeGreaterThan(ROUNDS * 10);
});
