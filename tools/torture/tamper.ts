/** Changes to a segment that keep its CRCs right: what a bug or an enemy could write, not what rot does. */
import { CrcSeed, crc32 } from '../../src/segment/crc.js';
import type { FileHeader } from '../../src/segment/file-header.js';
import { FILE_HEADER, RECORD } from '../../src/segment/layout.js';

/** Changes the file's header. */
export function withCrc(bytes: Buffer, change: (bytes: Buffer) => void): Buffer {
  change(bytes);
  bytes.writeInt32LE(crc32(bytes, 0, FILE_HEADER.crc), FILE_HEADER.crc);
  return bytes;
}

/** Changes the record at `offset`, its payload included; payload bytes that are not there count as none. */
export function withRecordCrc(
  bytes: Buffer,
  header: FileHeader,
  offset: number,
  change: (record: Buffer) => void,
): Buffer {
  const record = bytes.subarray(offset);
  change(record);
  const seed = new CrcSeed(header.segmentId).at(offset);
  const end = Math.min(record.length, RECORD.headerSize + record.readUInt32LE(RECORD.length));
  record.writeInt32LE(crc32(record, RECORD.headerSize, end, seed), RECORD.payloadCrc);
  record.writeInt32LE(crc32(record, 0, RECORD.headerCrc, seed), RECORD.headerCrc);
  return bytes;
}
