import { expect, it } from 'vitest';
import type { Disk } from '../../src/segment/disk.js';
import { listSegments, listUnfinished } from '../../src/segment/segment-list.js';
import { runSync } from '../../src/segment/steps.js';

const NAMES = [1, 2].map((slot) => `000${slot}-0S9WV54Q54900-35fdfd0fa231f6bbb3e6af76b9b376f2`);

/** A directory that is listed differently each time. */
function listings(...answers: string[][]): Disk {
  return { callSync: () => answers.shift() ?? [] } as unknown as Disk;
}

const list = (...answers: string[][]) =>
  runSync(listings(...answers), listSegments('/s')).map(({ path, name }) => [path, name.state]);

it('a segment that one of two lists misses, because it is being renamed, is found', () => {
  expect(list([], [`${NAMES[0]}.sealed`])).toEqual([[`/s/${NAMES[0]}.sealed`, 'sealed']]);
  expect(list([`${NAMES[0]}.open`], [])).toEqual([[`/s/${NAMES[0]}.open`, 'open']]);
});

it('of a segment that was sealed between two lists, the sealed name counts', () => {
  expect(list([`${NAMES[0]}.open`], [`${NAMES[0]}.sealed`])).toEqual([[`/s/${NAMES[0]}.sealed`, 'sealed']]);
});

it('segments stand in the order of slots, whatever the order of the directory', () => {
  const files = [`${NAMES[1]}.sealed`, `${NAMES[0]}.open`, 'README', `${NAMES[0]}.new`];
  expect(list(files, files).map(([path]) => path)).toEqual([`/s/${NAMES[0]}.open`, `/s/${NAMES[1]}.sealed`]);
  expect(runSync(listings(files), listUnfinished('/s'))).toEqual([`/s/${NAMES[0]}.new`]);
});
