/** Which records `agentlog dump` is asked for. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { formatId } from '../../src/entry-id.js';
import { parseBound } from '../../tools/cli/arguments.js';
import { type DumpFilter, isWithin } from '../../tools/cli/segment/dump-filter.js';
import { dumpItems } from '../../tools/cli/segment/dump-items.js';
import { SegmentInput } from '../../tools/cli/segment/segment-input.js';
import { copyFixture } from './support/segment-fixtures.js';

async function offsetsOf(fixture: string, filter: DumpFilter, limit?: number) {
  const { directory, file } = copyFixture(fixture);
  const segment = await SegmentInput.open(join(directory, file));
  onTestFinished(() => segment.close());
  const offsets: number[] = [];
  const note = async ({ offset }: { offset: number }) => {
    offsets.push(offset);
  };
  const unproven = async () => undefined;
  const code = await dumpItems(segment, { record: note, hole: note, tail: note, unproven }, filter, limit);
  return { offsets, code };
}

test.each<[what: string, from: string | undefined, to: string | undefined, offsets: number[]]>([
  ['offsets at which records begin', '@352', '0x220', [352, 472, 544]],
  ['offsets within records', '@353', '@543', [352, 472]],
  ['ids', '0P1WGN4H00407', '0P1WGN4H00507', [472, 544]],
  ['one id, of several records', '0P1WGN4H00107', '0P1WGN4H00107', [64, 176]],
  // The time of a record that is no entry is that of its id.
  ['a time that one entry has', undefined, '1767000000000', [352]],
  ['the time of an entry itself', '1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999Z', [352]],
  ['a time that has not come', '2026-01-02T03:04:06Z', undefined, []],
])('%s', async (_, from, to, offsets) => {
  const filter = { ...(from && { from: parseBound(from) }), ...(to && { to: parseBound(to) }) };
  expect(await offsetsOf('sealed', filter)).toEqual({ offsets, code: 0 });
});

test('tasks, types and numbers', async () => {
  expect((await offsetsOf('sealed', { task: 'tâsk ✓ 🦊' })).offsets).toEqual([472]);
  expect((await offsetsOf('sealed', { type: 'tool' })).offsets).toEqual([208]);
  expect((await offsetsOf('sealed', { type: 'delete' })).offsets).toEqual([744]);
  expect((await offsetsOf('sealed', { type: 'entry', task: 'task-1' }, 2)).offsets).toEqual([64, 208]);
  expect((await offsetsOf('sealed', { type: 'text' }, 2)).offsets).toEqual([472, 544]);
  expect((await offsetsOf('sealed', {}, 0)).offsets).toEqual([]);
});

test('what is lost is shown whatever is asked for, but not outside of the bounds', async () => {
  expect(await offsetsOf('damaged-and-torn', { task: 'none of it' })).toEqual({
    offsets: [208, 1664],
    code: 3,
  });
  expect(await offsetsOf('damaged-and-torn', { from: parseBound('@1664') })).toEqual({
    offsets: [1664],
    code: 3,
  });
  expect(await offsetsOf('damaged-and-torn', { to: parseBound('@207') })).toEqual({
    offsets: [64, 176],
    code: 0,
  });
});

test('an id that no writer gives has no time, and is left out by none', () => {
  const place = { offset: 64, end: 96, id: formatId(2 ** 32 - 1, 0) };
  expect(isWithin(place, parseBound('2026-01-02'), parseBound('1d'))).toBe(true);
});
