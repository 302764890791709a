/** Counting while segments become rows, are let go of, and are forgotten. */
import { expect, onTestFinished, test } from 'vitest';
import { RowReader, type Rows } from '../../src/db/row-reader.js';
import { countEntries, summarizeTasks } from '../../src/reading/counting.js';
import type { Place } from '../../src/reading/snapshot.js';
import { Tail } from '../../src/reading/tail.js';
import { Scene } from '../compactor/scene.js';

const unexpected = (...what: unknown[]) => {
  throw new Error(`unexpected: ${what}`);
};

/** A tail after whose next refresh something happens, before the rows are asked. */
class DelayedTail extends Tail {
  next: () => Promise<unknown> = async () => undefined;

  override async refresh(): Promise<void> {
    await super.refresh();
    const { next } = this;
    this.next = async () => undefined;
    await next();
  }
}

/** Rows of which something happens behind each page of sums that is read while they are held, or behind the next question. */
class InterruptedRows extends RowReader {
  behindPage: () => void = () => undefined;
  behindQuestion: () => Promise<unknown> = async () => undefined;

  override async ask<Answer>(question: (rows: Rows | undefined) => Answer): Promise<Answer> {
    const answer = await super.ask(question);
    await this.behindQuestion();
    return answer;
  }

  override hold<Answer>(work: (rows: Rows | undefined) => Promise<Answer>): Promise<Answer> {
    return super.hold((rows) => {
      const sums = rows!.sums.bind(rows);
      rows!.sums = (...range) => {
        const page = sums(...range);
        this.behindPage();
        return page;
      };
      return work(rows);
    });
  }
}

interface DelayedPlace extends Place {
  readonly tail: DelayedTail;
  readonly rows: InterruptedRows;
}

function placeIn({ disk, paths, database }: Scene): DelayedPlace {
  const reader = disk.processNamed('reader');
  const reports = { read: () => undefined, unreadable: unexpected, damagedRecord: unexpected };
  const tail = new DelayedTail({ disk: reader, paths, reports, patience: 0 });
  const rows = new InterruptedRows(database.path);
  onTestFinished(() => rows.close());
  return { disk: reader, tail, rows, reports: { damagedRow: unexpected } };
}

test('what became rows and was forgotten between a look at the segments and one at the rows counts once', async () => {
  const scene = new Scene(1);
  const place = placeIn(scene);
  const log = await scene.open('a', 300);
  for (let n = 0; n < 10; n++) await scene.append(log);
  // Each round forgets what an earlier one has let go of.
  place.tail.next = () => scene.compact('compactor', 0, 1);
  expect(await countEntries(place, {})).toBe(10);
  for (let n = 0; n < 10; n++) await scene.append(log);
  place.tail.next = () => scene.compact('compactor', 0, 1);
  expect(await countEntries(place, { taskId: 't' })).toBe(20);
  for (let n = 0; n < 10; n++) await scene.append(log);
  place.tail.next = () => scene.compact('compactor', 0, 1);
  expect(await summarizeTasks(place)).toMatchObject([{ entries: 30 }]);
  expect(scene.rows.length).toBeGreaterThan(20);
});

test.each([999, 1000, 1001, 2500])(
  '%i sums of rows are of one state, whatever is committed while they are read',
  async (sums) => {
    const scene = new Scene(2);
    const place = placeIn(scene);
    const entryOf = (task: number) => ({ taskId: `task ${task}`, type: 'text', text: 'x' });
    const writer = await scene.open('a', 100_000);
    await writer.appendBatch(Array.from({ length: sums }, (_, task) => entryOf(task)));
    scene.kill('a');
    await scene.compact('compactor');
    const log = await scene.open('b');
    await log.appendBatch([entryOf(0), entryOf(sums)]);
    let commits = 0;
    place.rows.behindPage = () => {
      const destination = scene.database.destinationFor('another compactor');
      const id = { idHigh: 1, idLow: 1024 * ++commits };
      const rest = { type: 'text', text: 'x', agent: undefined, detail: undefined, timestamp: 1 };
      destination.begin();
      destination.add({ ...id, ...rest, taskId: 'zzz, behind all others' });
      destination.commit();
      scene.database.kill('another compactor');
    };
    expect(await countEntries(place, {})).toBe(sums + 2);
    expect(await summarizeTasks(place)).toHaveLength(sums + 1 + Math.min(commits, 1));
    expect(commits).toBe(sums < 1000 ? 0 : 2 * (Math.floor(sums / 1000) + 1));
  },
);

test('a segment that grows, of more tasks than can be added in a moment, counts as it was when it was looked at', async () => {
  const scene = new Scene(3);
  const place = placeIn(scene);
  const log = await scene.open('a', 10_000_000);
  const entriesOf = (round: number) =>
    Array.from({ length: 1200 }, (_, n) => ({
      taskId: `task ${n}`,
      type: `type ${round}`,
      text: 'x'.repeat(n % 7),
      timestamp: 1000 * round + n,
    }));
  const ids = [...(await log.appendBatch(entriesOf(0))), ...(await log.appendBatch(entriesOf(1)))];
  await log.deleteTask('task 7');
  const expected = Array.from({ length: 1200 }, (_, n) => ({
    taskId: `task ${n}`,
    entries: 2,
    bytes: 2 * (`task ${n}`.length + 'type 0'.length + (n % 7)),
    lastId: ids[1200 + n],
    lastTimestamp: 1000 + n,
    types: { 'type 0': 1, 'type 1': 1 },
  })).filter(({ taskId }) => taskId !== 'task 7');
  place.rows.behindQuestion = async () => {
    place.rows.behindQuestion = async () => undefined;
    for (const entry of entriesOf(2).slice(0, 10)) await log.append(entry);
    await place.tail.refresh();
  };
  expect(await summarizeTasks(place)).toEqual(expected.reverse());
  expect(await countEntries(place, {})).toBe(2 * 1199 + 10);
});
