/** Files that nobody's agentlog wrote: any bytes, mutated segments, and segments whose CRCs are right but nothing else. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEntry } from '../../src/segment/entry-payload.js';
import { encodeFileHeader } from '../../src/segment/file-header.js';
import { MAX_PAYLOAD_BYTES, RECORD } from '../../src/segment/layout.js';
import { SegmentImage } from '../../src/segment/segment-image.js';
import { MAX_READ_BYTES, SegmentScanner } from '../../src/segment/segment-scanner.js';
import type { Writer } from '../../src/segment/verdict.js';
import { must } from '../support/must.js';
import { Random } from '../support/random.js';
import { addRandomBatches, headerOf, nameOf, recordsOf } from '../support/segments.js';
import { withRecordCrc } from '../support/tamper.js';

const WRITERS: Writer[] = ['live', 'gone', 'sealed', 'cut'];
const LONGEST_READ = Math.max(MAX_READ_BYTES, RECORD.headerSize + MAX_PAYLOAD_BYTES);

/** Scans and checks what must hold for any bytes at all. */
function scanAnything(bytes: Buffer, writer: Writer, named: boolean, lastBatch = 3): void {
  const name = named ? nameOf(headerOf(1)) : undefined;
  const scanner = new SegmentScanner({ size: bytes.length, writer, name, lastBatch });
  let behind = 0;
  let read = 0;
  for (let wanted = scanner.wanted; wanted !== null; wanted = scanner.wanted) {
    const { offset, length } = wanted;
    must(offset + length <= Math.max(bytes.length, offset), () => `wants ${length} bytes at ${offset}`);
    must(length <= LONGEST_READ, () => `wants ${length} bytes at once`);
    read += length + 1;
    must(read <= 50 * (bytes.length + 1000), () => 'the scanner reads in circles');
    for (const item of scanner.push(bytes.subarray(offset, offset + length))) {
      // In order, without overlaps, within the file.
      must(item.offset >= behind, () => `${item.offset} comes after ${behind}`);
      const end =
        item.kind === 'hole' ? item.offset + item.length : item.offset + RECORD.headerSize + item.length;
      must(end <= bytes.length, () => `${end} is behind the end`);
      behind = end;
      if (item.kind === 'record') decodeEntry(item.bytes, item.payloadStart, item.payloadEnd);
    }
  }
  const { verdict } = scanner;
  expect(verdict!.reason).not.toBe('');
  if (verdict!.tail) expect(verdict!.tail.offset + verdict!.tail.length).toBeLessThanOrEqual(bytes.length);
}

const writers = fc.constantFrom(...WRITERS);

describe('the scanner comes to an end and stays within bounds', () => {
  it('on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), writers, fc.boolean(), (any, writer, named) => {
        scanAnything(Buffer.from(any), writer, named);
      }),
      { numRuns: 2000 },
    );
  });

  it('on any bytes behind a good header', () => {
    const header = encodeFileHeader(headerOf(1));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), writers, (any, writer) => {
        scanAnything(Buffer.concat([header, any]), writer, false);
      }),
      { numRuns: 1000 },
    );
  });

  it('on segments with bytes changed, cut out, put in and repeated', () => {
    for (let seed = 1; seed <= 4000; seed++) {
      const random = new Random(seed);
      const image = new SegmentImage(headerOf(1));
      addRandomBatches(image, random, random.between(1, 10));
      if (random.chance(0.3)) image.seal();
      let bytes = image.bytes();
      for (let changes = random.between(1, 5); changes > 0; changes--) bytes = mutate(bytes, random);
      scanAnything(bytes, random.pick(WRITERS), random.chance(0.5), random.below(12));
    }
  });

  it('on records of any type, flags, length and batch whose CRCs are right', () => {
    for (let seed = 1; seed <= 4000; seed++) {
      const random = new Random(seed);
      const header = headerOf(1);
      const image = new SegmentImage(header);
      addRandomBatches(image, random, 6);
      const bytes = image.bytes();
      const records = recordsOf(bytes);
      for (let changes = random.between(1, 6); changes > 0; changes--) {
        withRecordCrc(bytes, header, random.pick(records).offset, (record) => forge(record, random));
      }
      scanAnything(bytes, random.pick(WRITERS), random.chance(0.5), random.below(12));
    }
  });

  it('on a file full of sync marks, at any alignment', () => {
    const sync = Buffer.from('fec1f9ff', 'hex');
    for (const [before, unit] of [
      [64, 4],
      [65, 4],
      [64, 5],
      [64, 8],
    ] as const) {
      const bytes = Buffer.alloc(2 * 1024 * 1024);
      encodeFileHeader(headerOf(1)).copy(bytes);
      for (let at = before; at + 4 <= bytes.length; at += unit) sync.copy(bytes, at);
      scanAnything(bytes, 'gone', false);
    }
  });
});

function mutate(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const length = random.below(400);
  switch (random.below(5)) {
    case 0:
      random.bytes(Math.min(length, 20)).copy(bytes, at);
      return bytes;
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), random.bytes(length), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([
        bytes.subarray(0, at),
        bytes.subarray(Math.max(0, at - length), at),
        bytes.subarray(at),
      ]);
    default:
      return Buffer.from(bytes).fill(0, at, Math.min(bytes.length, at + length));
  }
}

function forge(record: Buffer, random: Random): void {
  switch (random.below(5)) {
    case 0:
      record[RECORD.type] = random.below(256);
      break;
    case 1:
      record[RECORD.flags] = random.below(256);
      break;
    case 2:
      record.writeUInt32LE(
        random.pick([0, 1, 31, 1000, MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES + 1, 2 ** 32 - 1]),
        RECORD.length,
      );
      break;
    case 3:
      record.writeUInt32LE(random.pick([0, 1, 2, 3, 8, 2 ** 31, 2 ** 32 - 1]), RECORD.batch);
      break;
    default:
      record.fill(random.below(256), RECORD.id, RECORD.id + 8);
  }
}
