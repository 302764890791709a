/** The header of a segment file, field by field, also of one that cannot be believed. */
import { formatId } from '../../../../src/entry-id.js';
import { crc32 } from '../../../../src/segment/crc.js';
import { FILE_HEADER, FORMAT_VERSION, MAGIC, MAX_FILE_HEADER_BYTES } from '../../../../src/segment/layout.js';
import { time } from '../../output/numbers.js';
import type { SegmentInput } from '../segment-input.js';
import { checksumField, type Field } from './fields.js';

/** Nothing of a file that has no room for one. */
export function fileHeaderFields(segment: SegmentInput): Field[] {
  const bytes = segment.bytesAt(0, MAX_FILE_HEADER_BYTES);
  if (bytes.length < FILE_HEADER.size) return [];
  const { magic, version, length, incompatible } = FILE_HEADER;
  const isMagic = MAGIC.every((byte, i) => bytes[magic + i] === byte);
  const said = bytes.readUInt16LE(length);
  const isLength = said >= FILE_HEADER.size && said <= bytes.length;
  // What no header can have is not its length.
  const size = isLength ? said : FILE_HEADER.size;
  const number = bytes.readUInt16LE(version);
  const features = bytes.readUInt32LE(incompatible);
  const first: Field[] = [
    { name: 'magic', offset: magic, size: 8, value: isMagic ? 'right' : 'WRONG', isWrong: !isMagic },
    { name: 'version', offset: version, size: 2, value: `${number}` },
    { name: 'header length', offset: length, size: 2, value: `${said}`, isWrong: !isLength },
    { name: 'incompatible', offset: incompatible, size: 4, value: features === 0 ? 'none' : bits(features) },
  ];
  const crcAt = size - 4;
  const crc = checksumField('header CRC', crcAt, bytes.readUInt32LE(crcAt), crc32(bytes, 0, crcAt));
  if (number !== FORMAT_VERSION || size !== FILE_HEADER.size)
    return [...first, { name: 'unknown', offset: 16, size: crcAt - 16 }, crc];
  return [...first, ...fieldsOfVersion1(bytes), crc];
}

function fieldsOfVersion1(bytes: Buffer): Field[] {
  const { segmentId, slot, compatible, pid, baseId, created, reserved } = FILE_HEADER;
  const features = bytes.readUInt16LE(compatible);
  const id = formatId(bytes.readUInt32LE(baseId + 4), bytes.readUInt32LE(baseId));
  const made = Number(bytes.readBigUInt64LE(created));
  const known = features === 0 ? 'none' : features === 1 ? 'recycled' : bits(features);
  return [
    {
      name: 'segment id',
      offset: segmentId,
      size: 16,
      value: bytes.toString('hex', segmentId, segmentId + 16),
    },
    { name: 'slot', offset: slot, size: 2, value: `${bytes.readUInt16LE(slot)}` },
    { name: 'compatible', offset: compatible, size: 2, value: known },
    { name: 'pid', offset: pid, size: 4, value: `${bytes.readUInt32LE(pid)}` },
    { name: 'base id', offset: baseId, size: 8, value: id },
    { name: 'created', offset: created, size: 8, value: time(made) },
    { name: 'reserved', offset: reserved, size: 4, value: '' },
  ];
}

function bits(value: number): string {
  return `0x${value.toString(16)}`;
}
