/**
 * Bytes of a segment change after they were written: what the scanner makes of it, against an independent model.
 * Many damages at once are tried by the suite in tools/torture/fuzz.
 */
import { describe, it } from 'vitest';
import { recordSize } from '../../src/segment/layout.js';
import {
  checkRot as check,
  makeSubject,
  SUBJECT_ENDS,
  type Subject,
} from '../../tools/torture/fuzz/rot-check.js';

const RECORD_HEADER_BYTES = 32;

function flip(bytes: Buffer, at: number, bit: number): Buffer {
  const rotten = Buffer.from(bytes);
  rotten[at]! ^= 1 << bit;
  return rotten;
}

function zero(bytes: Buffer, from: number, length: number): Buffer {
  return Buffer.from(bytes).fill(0, from, Math.min(bytes.length, from + length));
}

/** A place of every kind: each field of the file's header and of some records' headers, payloads and paddings. */
function placesOf({ records, bytes }: Subject): number[] {
  const inHeader = [0, 7, 8, 10, 12, 16, 31, 32, 34, 36, 40, 48, 56, 60, 63];
  const some = [records[0]!, records[1]!, records[Math.floor(records.length / 2)]!, ...records.slice(-3)];
  const inRecords = some.flatMap((record) => {
    const payload = record.offset + 32;
    const length = record.payload.length / 2;
    const fields = [0, 3, 4, 5, 6, 8, 11, 12, 16, 23, 24, 28, 31].map((field) => record.offset + field);
    const padding = recordSize(length) > 32 + length ? [record.end - 1] : [];
    return length === 0
      ? fields
      : [...fields, payload, payload + (length >> 1), payload + length - 1, ...padding];
  });
  return [...inHeader, ...inRecords].filter((place) => place < bytes.length);
}

describe.each(SUBJECT_ENDS)('a segment that ends with its %s', (end) => {
  it('loses only the records that a flipped bit touches, wherever it is', () => {
    const subject = makeSubject(11, 12, end);
    for (const place of placesOf(subject)) {
      for (const bit of [0, 7])
        check(subject, flip(subject.bytes, place, bit), `bit ${bit} of byte ${place}`);
    }
  });

  it('loses only the records that a zeroed sector touches', () => {
    const subject = makeSubject(12, 30, end);
    for (const size of [512, 4096]) {
      for (let sector = 0; sector < subject.bytes.length; sector += size) {
        check(subject, zero(subject.bytes, sector, size), `sector of ${size} at ${sector}`);
      }
    }
  });

  it('keeps what stands before a truncation', () => {
    const subject = makeSubject(13, 12, end);
    const places = new Set(placesOf(subject).flatMap((place) => [place - 1, place, place + 1]));
    for (const { offset } of subject.records) places.add(offset);
    for (const length of places) {
      if (length < 0) continue;
      check(subject, Buffer.from(subject.bytes.subarray(0, length)), `truncated to ${length}`);
    }
  });

  it('holds for every byte of a small file, every bit of its headers and every length of it', () => {
    const subject = makeSubject(14, 5, end);
    const inPayload = (at: number) =>
      subject.records.some((record) => at >= record.offset + RECORD_HEADER_BYTES && at < record.end);
    for (let at = 0; at < subject.bytes.length; at++) {
      // A payload is bytes under one checksum, whichever of its bits flips.
      for (const bit of inPayload(at) ? [at % 8] : [0, 1, 2, 3, 4, 5, 6, 7])
        check(subject, flip(subject.bytes, at, bit), `bit ${bit} of byte ${at}`);
      check(subject, zero(subject.bytes, at, 512), `zeros from ${at}`);
      check(subject, Buffer.from(subject.bytes.subarray(0, at)), `truncated to ${at}`);
    }
  });
});
