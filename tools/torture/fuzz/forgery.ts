/** What nobody's agentlog wrote although every checksum is right: reaches what stands behind the checksums. */
import { CrcSeed } from '../../../src/segment/crc.js';
import { ENTRY, FILE_HEADER, MAX_PAYLOAD_BYTES, RECORD, RECORD_TYPE } from '../../../src/segment/layout.js';
import { makeRecord } from '../../../src/segment/record.js';
import type { Random } from '../random.js';
import { withCrc, withRecordCrc } from '../tamper.js';
import type { Subject } from './rot-check.js';

const LENGTHS = [0, 1, 19, 20, 31, 1000, MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES + 1, 2 ** 31, 2 ** 32 - 1];
const BATCHES = [0, 1, 2, 3, 8, 2 ** 31, 2 ** 32 - 1];
const TYPES = [...Object.values(RECORD_TYPE), 0, 6, 255];

/** A few records of the subject say something else, or others stand in their places. */
export function forge({ bytes, header, records }: Subject, random: Random): Buffer {
  const forged = Buffer.from(bytes);
  for (let changes = random.between(1, 6); changes > 0; changes--) {
    const { offset } = random.pick(records);
    if (random.chance(0.2)) {
      const record = madeUp(header.segmentId, offset, random);
      record.copy(forged, offset);
    } else withRecordCrc(forged, header, offset, (record) => change(record, random));
  }
  return random.chance(0.1) ? withCrc(forged, (file) => changeFileHeader(file, random)) : forged;
}

function madeUp(segmentId: Uint8Array, offset: number, random: Random): Buffer {
  const fields = {
    type: random.pick(TYPES),
    flags: random.below(4),
    batch: random.between(1, 8),
    idHigh: random.next(),
    idLow: random.next(),
  };
  return makeRecord(fields, payload(random), new CrcSeed(segmentId), offset);
}

function change(record: Buffer, random: Random): void {
  switch (random.below(7)) {
    case 0:
      record[RECORD.type] = random.pick(TYPES);
      break;
    case 1:
      record[RECORD.flags] = random.below(256);
      break;
    case 2:
      record.writeUInt32LE(random.pick(LENGTHS), RECORD.length);
      break;
    case 3:
      record.writeUInt32LE(random.pick(BATCHES), RECORD.batch);
      break;
    case 4:
      record.fill(random.below(256), RECORD.id, RECORD.id + 8);
      break;
    case 5:
      payload(random).copy(record, RECORD.headerSize);
      break;
    default: {
      const place = random.pick([ENTRY.taskIdLength, ENTRY.typeLength, ENTRY.agentLength, ENTRY.has]);
      const at = RECORD.headerSize + place;
      if (at + 2 <= record.length) record.writeUInt16LE(random.pick([0, 1, 40, 65_535]), at);
    }
  }
}

function changeFileHeader(file: Buffer, random: Random): void {
  const at = random.between(FILE_HEADER.version, FILE_HEADER.crc - 1);
  file[at] = random.below(256);
}

/** Bytes that come near to being what one of the decoders takes. */
export function payload(random: Random): Buffer {
  switch (random.below(4)) {
    case 0:
      return random.bytes(random.below(60));
    case 1:
      return Buffer.from(json(random));
    case 2:
      return entryLike(random);
    default:
      return Buffer.alloc(random.below(60), random.pick([0, 1, 0x7f, 0xff]));
  }
}

function entryLike(random: Random): Buffer {
  const texts = random.chance(0.5) ? Buffer.from(json(random)) : random.bytes(random.below(60));
  const bytes = Buffer.concat([Buffer.alloc(ENTRY.headerSize), texts]);
  const part = () => (random.chance(0.1) ? random.below(65_536) : random.below(12));
  bytes.writeInt32LE(random.pick([0, 1, 411, 2 ** 21 - 1, 2 ** 21, -1, -(2 ** 21)]), ENTRY.timestamp + 4);
  bytes.writeUInt16LE(part(), ENTRY.taskIdLength);
  bytes.writeUInt16LE(part(), ENTRY.typeLength);
  bytes.writeUInt16LE(part(), ENTRY.agentLength);
  bytes.writeUInt16LE(random.below(4), ENTRY.has);
  bytes.writeUInt32LE(random.chance(0.1) ? random.next() : random.below(30), ENTRY.detailLength);
  return bytes;
}

/** Mostly JSON, of the shapes that are read somewhere. */
export function json(random: Random): string {
  const some = () =>
    random.pick(['null', '0', '1', '-1', '1e999', '1.5', '"x"', '""', '{}', '[]', '"0P1WGN4H00007"', 'true']);
  const text = random.pick([
    () => `{"taskId":${some()},"upTo":[${some()},${some()}],"before":${some()}}`,
    () =>
      `{"format":${some()},"minReaderVersion":${some()},"minWriterVersion":${some()},"storeId":${some()}}`,
    () => some(),
    () => '['.repeat(random.pick([1, 100, 50_000])),
    () => '{"__proto__":'.repeat(random.below(20)),
  ])();
  if (random.chance(0.7)) return text;
  const at = random.below(text.length);
  return text.slice(0, at) + String.fromCharCode(random.below(0x10000)) + text.slice(at + random.below(3));
}
