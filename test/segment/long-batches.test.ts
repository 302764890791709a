/** Batches and records longer than one read: found and returned in full, with little memory. */
import { describe, expect, it } from 'vitest';
import { SegmentImage } from '../../src/segment/segment-image.js';
import { MAX_READ_BYTES, SegmentScanner } from '../../src/segment/segment-scanner.js';
import type { Writer } from '../../src/segment/verdict.js';
import { entryOf, headerOf, idAt, recordsOf, runScanner, type Seen } from '../support/segments.js';

const MIB = 1024 * 1024;

/** A small batch, one of `count` records of `size` bytes, and another small one. */
function makeFile(count: number, size: number): { bytes: Buffer; records: Seen[] } {
  const image = new SegmentImage(headerOf(3)).entry(entryOf('before'), idAt(1)).endBatch();
  const text = 'x'.repeat(size);
  for (let i = 0; i < count; i++) image.entry(entryOf(text), idAt(10 + i), i < count - 1);
  image.endBatch().entry(entryOf('after'), idAt(9000)).endBatch();
  const bytes = image.bytes();
  return { bytes, records: recordsOf(bytes) };
}

function scan(bytes: Buffer, writer: Writer) {
  let longest = 0;
  let total = 0;
  const scanner = new SegmentScanner({ size: bytes.length, writer });
  const scanned = runScanner(scanner, (at, length) => {
    longest = Math.max(longest, length);
    total += length;
    return bytes.subarray(at, at + length);
  });
  return { ...scanned, longest, total };
}

const files = {
  'a batch of 12 MiB': makeFile(200, 60_000),
  'a record of 16 MiB': makeFile(1, 16 * MIB),
  'a batch of three records of 7 MiB': makeFile(3, 7 * MIB),
};

describe.each(Object.entries(files))('%s', (what, { bytes, records }) => {
  it.each(['gone', 'sealed', 'live'] as const)(
    'is returned whole from a file whose writer is %s',
    (writer) => {
      const { records: got, holes, longest, total } = scan(bytes, writer);
      expect(got).toEqual(writer === 'live' ? records.slice(0, -1) : records);
      expect(holes.filter(({ cause }) => cause !== 'end')).toEqual([]);
      expect(longest).toBeLessThanOrEqual(what.includes('record') ? 16 * MIB + 100 : MAX_READ_BYTES);
      expect(total).toBeLessThan(bytes.length * 5);
    },
  );

  it('is dropped whole when its end is torn off', () => {
    const end = records.at(-1)!.offset - 1000;
    const { records: got, verdict } = scan(bytes.subarray(0, end), 'gone');
    expect(got).toEqual(records.slice(0, 1));
    expect(verdict).toMatchObject({
      kind: 'torn',
      tail: { offset: records[1]!.offset, length: end - records[1]!.offset },
    });
  });

  it('is returned but for the record that rots in it', () => {
    const middle = 1 + Math.floor((records.length - 2) / 2);
    const rotten = Buffer.from(bytes);
    rotten[records[middle]!.offset + 100]! ^= 1;
    const { records: got, holes } = scan(rotten, 'gone');
    expect(got).toEqual(records.filter((_, i) => i !== middle));
    expect(holes).toMatchObject([{ cause: 'payload', offset: records[middle]!.offset }]);
  });
});

describe('a hole of 20 MiB', () => {
  it('is crossed with reads of bounded length, each once', () => {
    const { bytes, records } = makeFile(400, 60_000);
    const rotten = Buffer.from(bytes).fill(0xfe, records[5]!.offset, records[390]!.offset);
    const { records: got, holes, longest, total } = scan(rotten, 'sealed');
    expect(got).toEqual(records.filter((_, i) => i < 5 || i >= 390));
    expect(holes[0]).toMatchObject({
      offset: records[5]!.offset,
      length: records[390]!.offset - records[5]!.offset,
    });
    expect(longest).toBeLessThanOrEqual(MAX_READ_BYTES);
    expect(total).toBeLessThan(bytes.length * 1.5);
  });
});
