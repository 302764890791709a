/** One record: its header written around a payload that is already in place, and read back without trust. */
import { formatId } from '../entry-id.js';
import { type CrcSeed, crc32 } from './crc.js';
import { ALIGNMENT, FLAG, MAX_PAYLOAD_BYTES, RECORD, recordSize, SYNC } from './layout.js';

/** What a record's header says of it, beside its place and the checksums. */
export interface RecordFields {
  readonly type: number;
  readonly flags: number;
  readonly batch: number;
  readonly idHigh: number;
  readonly idLow: number;
  /** Bytes of payload. */
  readonly length: number;
}

/**
 * Completes the record at `at`, whose payload already stands behind the header's place: pads it with zeros, and
 * writes the header with both CRCs for the place `offset` in the segment. Returns where the next record begins.
 */
export function writeRecord(
  bytes: Buffer,
  at: number,
  fields: RecordFields,
  seed: CrcSeed,
  offset: number,
): number {
  const start = at + RECORD.headerSize;
  const end = start + fields.length;
  const next = at + recordSize(fields.length);
  for (let i = end; i < next; i++) bytes[i] = 0;
  const seedHere = seed.at(offset);
  bytes.writeUInt32LE(SYNC, at + RECORD.sync);
  bytes[at + RECORD.type] = fields.type;
  bytes[at + RECORD.flags] = fields.flags;
  bytes.writeUInt16LE(0, at + RECORD.reserved);
  bytes.writeUInt32LE(fields.length, at + RECORD.length);
  bytes.writeUInt32LE(fields.batch, at + RECORD.batch);
  bytes.writeUInt32LE(fields.idLow, at + RECORD.id);
  bytes.writeUInt32LE(fields.idHigh, at + RECORD.id + 4);
  bytes.writeInt32LE(crc32(bytes, start, end, seedHere), at + RECORD.payloadCrc);
  bytes.writeInt32LE(crc32(bytes, at, at + RECORD.headerCrc, seedHere), at + RECORD.headerCrc);
  return next;
}

/** A record of its own, for the place `offset` in the segment. */
export function makeRecord(
  fields: Omit<RecordFields, 'length'>,
  payload: Uint8Array,
  seed: CrcSeed,
  offset: number,
): Buffer {
  const bytes = Buffer.alloc(recordSize(payload.length));
  bytes.set(payload, RECORD.headerSize);
  writeRecord(bytes, 0, { ...fields, length: payload.length }, seed, offset);
  return bytes;
}

/** A record found in a segment. Its bytes belong to the scanner's buffer: use or copy them before the next step. */
export class SegmentRecord implements RecordFields {
  readonly kind = 'record';
  /** Where the record begins in the segment. */
  readonly offset: number;
  readonly type: number;
  readonly flags: number;
  readonly batch: number;
  readonly idHigh: number;
  readonly idLow: number;
  readonly length: number;
  readonly bytes: Buffer;
  /** Where the record begins in `bytes`. */
  readonly at: number;

  constructor(bytes: Buffer, at: number, offset: number) {
    this.bytes = bytes;
    this.at = at;
    this.offset = offset;
    this.type = bytes[at + RECORD.type]!;
    this.flags = bytes[at + RECORD.flags]!;
    this.length = bytes.readUInt32LE(at + RECORD.length);
    this.batch = bytes.readUInt32LE(at + RECORD.batch);
    this.idLow = bytes.readUInt32LE(at + RECORD.id);
    this.idHigh = bytes.readUInt32LE(at + RECORD.id + 4);
  }

  get id(): string {
    return formatId(this.idHigh, this.idLow);
  }

  get payloadStart(): number {
    return this.at + RECORD.headerSize;
  }

  get payloadEnd(): number {
    return this.payloadStart + this.length;
  }

  get endsBatch(): boolean {
    return (this.flags & FLAG.endOfBatch) !== 0;
  }

  /** Where the next record begins in the segment. */
  get end(): number {
    return this.offset + recordSize(this.length);
  }
}

/** The record whose header stands at `at`, or undefined when no header for that place does. Needs a header's bytes. */
export function readRecord(
  bytes: Buffer,
  at: number,
  seedHere: number,
  offset: number,
): SegmentRecord | undefined {
  if (bytes.readUInt32LE(at + RECORD.sync) !== SYNC) return undefined;
  if (crc32(bytes, at, at + RECORD.headerCrc, seedHere) !== bytes.readInt32LE(at + RECORD.headerCrc)) {
    return undefined;
  }
  if (bytes.readUInt32LE(at + RECORD.length) > MAX_PAYLOAD_BYTES) return undefined;
  return new SegmentRecord(bytes, at, offset);
}

/** Whether the payload, which must be in the buffer, is the one that the header was written for. */
export function payloadIsGood(record: SegmentRecord, seedHere: number): boolean {
  const { bytes, at, payloadStart, payloadEnd } = record;
  return crc32(bytes, payloadStart, payloadEnd, seedHere) === bytes.readInt32LE(at + RECORD.payloadCrc);
}

const SYNC_BYTES = Buffer.alloc(4);
SYNC_BYTES.writeUInt32LE(SYNC);

/** The first place from `at` on where a record may begin, or -1. `bytes[0]` stands at a record's boundary. */
export function findSync(bytes: Buffer, at: number): number {
  let found = bytes.indexOf(SYNC_BYTES, at);
  while (found >= 0 && found % ALIGNMENT !== 0) found = bytes.indexOf(SYNC_BYTES, found + 1);
  return found;
}
