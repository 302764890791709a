/** A record, field by field, also of one that does not count: each checksum as it is stored, and as it is computed. */
import { unpackId } from '../../../../src/entry-id.js';
import { type CrcSeed, crc32 } from '../../../../src/segment/crc.js';
import { ALIGNMENT, MAX_PAYLOAD_BYTES, RECORD, recordSize, SYNC } from '../../../../src/segment/layout.js';
import { SegmentRecord } from '../../../../src/segment/record.js';
import { time } from '../../output/numbers.js';
import { flagNames, recordTypeName } from '../record-names.js';
import type { SegmentInput } from '../segment-input.js';
import { checksumField, type Field } from './fields.js';
import { payloadFields } from './payload-fields.js';

const PIECE = 1024 * 1024;

export interface FoundRecord {
  readonly record: SegmentRecord;
  /** Its header is what was written, so that its length can be believed. */
  readonly stands: boolean;
}

/** What begins as a record does at `offset`, whatever its checksums say. */
export function recordAt(segment: SegmentInput, offset: number, seed: CrcSeed): FoundRecord | undefined {
  if (offset % ALIGNMENT !== 0) return undefined;
  const bytes = segment.bytesAt(offset, RECORD.headerSize);
  if (bytes.length < RECORD.headerSize || bytes.readUInt32LE(RECORD.sync) !== SYNC) return undefined;
  const record = new SegmentRecord(bytes, 0, offset);
  const isRight = crc32(bytes, 0, RECORD.headerCrc, seed.at(offset)) === bytes.readInt32LE(RECORD.headerCrc);
  return { record, stands: isRight && record.length <= MAX_PAYLOAD_BYTES };
}

/** `trustsLength`: that of a rotten header, too, which costs as much time as it says. */
export function recordFields(
  segment: SegmentInput,
  { record, stands }: FoundRecord,
  seed: CrcSeed,
  trustsLength: boolean,
): Field[] {
  const { bytes, offset, length } = record;
  const start = offset + RECORD.headerSize;
  const isThere = length <= MAX_PAYLOAD_BYTES && start + length <= segment.size;
  const seedHere = seed.at(offset);
  const payloadCrc =
    isThere && (stands || trustsLength) ? crcOf(segment, start, length, seedHere) : undefined;
  const { id, idHigh: high, idLow: low, batch, type, flags } = record;
  const { time: given, counter, slot } = unpackId({ high, low });
  const at = (place: number) => offset + place;
  const header: Field[] = [
    { name: 'sync', offset: at(RECORD.sync), size: 4, value: 'right' },
    {
      name: 'type',
      offset: at(RECORD.type),
      size: 1,
      value: `${type}, ${recordTypeName(type) ?? 'unknown'}`,
    },
    { name: 'flags', offset: at(RECORD.flags), size: 1, value: flagNames(flags).join(', ') || 'none' },
    { name: 'reserved', offset: at(RECORD.reserved), size: 2, value: '' },
    {
      name: 'length',
      offset: at(RECORD.length),
      size: 4,
      value: lengthText(length, isThere),
      isWrong: !isThere,
    },
    { name: 'batch', offset: at(RECORD.batch), size: 4, value: `${batch}` },
    {
      name: 'id',
      offset: at(RECORD.id),
      size: 8,
      value: `${id}, slot ${slot}, of ${time(given)} (${counter})`,
    },
    checksumField('payload CRC', at(RECORD.payloadCrc), bytes.readUInt32LE(RECORD.payloadCrc), payloadCrc),
    checksumField(
      'header CRC',
      at(RECORD.headerCrc),
      bytes.readUInt32LE(RECORD.headerCrc),
      crc32(bytes, 0, RECORD.headerCrc, seedHere),
    ),
  ];
  if (!stands && !trustsLength) return header;
  const there = Math.max(0, Math.min(length, segment.size - start));
  const end = Math.min(segment.size, offset + recordSize(length));
  const padding = {
    name: 'padding',
    offset: start + there,
    size: Math.max(0, end - start - there),
    value: '',
  };
  // Of what is beyond all bounds nothing is known, not even where it ends.
  if (!stands && !isThere) return header;
  return [...header, ...payloadFields(segment, record, there), padding].filter(({ size }) => size > 0);
}

function lengthText(length: number, isThere: boolean): string {
  if (isThere) return `${length}`;
  return length > MAX_PAYLOAD_BYTES
    ? `${length}: no payload is so long`
    : `${length}: goes beyond the end of the file`;
}

/** Piece by piece, for payloads of any length. */
function crcOf(segment: SegmentInput, start: number, length: number, seed: number): number {
  let crc = seed;
  for (let at = start; at < start + length; at += PIECE) {
    const bytes = segment.bytesAt(at, Math.min(PIECE, start + length - at));
    crc = crc32(bytes, 0, bytes.length, crc);
  }
  return crc;
}
