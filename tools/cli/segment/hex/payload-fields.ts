/** The payload of a record, field by field, as far as its own lengths allow. */

import { CUT, ENTRY, HAS, RECORD, RECORD_TYPE, SEAL } from '../../../../src/segment/layout.js';
import type { SegmentRecord } from '../../../../src/segment/record.js';
import { time } from '../../output/numbers.js';
import type { SegmentInput } from '../segment-input.js';
import type { Field } from './fields.js';

/** `length` bytes of it are in the file. */
export function payloadFields(segment: SegmentInput, record: SegmentRecord, length: number): Field[] {
  const start = record.offset + RECORD.headerSize;
  const whole = { name: 'payload', offset: start, size: length };
  switch (record.type) {
    case RECORD_TYPE.entry:
      return length < ENTRY.headerSize ? [whole] : entryFields(segment, start, length);
    case RECORD_TYPE.seal:
      return length < SEAL.size ? [whole] : sealFields(segment.bytesAt(start, SEAL.size), start, length);
    case RECORD_TYPE.cut:
      return length < CUT.size ? [whole] : cutFields(segment.bytesAt(start, CUT.size), start, length);
    case RECORD_TYPE.delete:
      return [{ ...whole, name: 'delete, as JSON' }];
    default:
      return [whole];
  }
}

function entryFields(segment: SegmentInput, start: number, length: number): Field[] {
  const bytes = segment.bytesAt(start, ENTRY.headerSize);
  const at = (place: number) => start + place;
  const [task, type, agent] = [ENTRY.taskIdLength, ENTRY.typeLength, ENTRY.agentLength].map((place) =>
    bytes.readUInt16LE(place),
  ) as [number, number, number];
  const detail = bytes.readUInt32LE(ENTRY.detailLength);
  const has = bytes.readUInt16LE(ENTRY.has);
  const low = bytes.readUInt32LE(ENTRY.timestamp);
  const timestamp = bytes.readInt32LE(ENTRY.timestamp + 4) * 0x1_0000_0000 + low;
  const room = length - ENTRY.headerSize;
  const text = room - task - type - agent - detail;
  const head: Field[] = [
    { name: 'timestamp', offset: at(ENTRY.timestamp), size: 8, value: `${timestamp}, ${time(timestamp)}` },
    { name: 'taskId length', offset: at(ENTRY.taskIdLength), size: 2, value: `${task}` },
    { name: 'type length', offset: at(ENTRY.typeLength), size: 2, value: `${type}` },
    { name: 'agent length', offset: at(ENTRY.agentLength), size: 2, value: `${agent}` },
    { name: 'has', offset: at(ENTRY.has), size: 2, value: hasNames(has) },
    {
      name: 'detail length',
      offset: at(ENTRY.detailLength),
      size: 4,
      value: text < 0 ? `${detail}: more than there is` : `${detail}`,
      isWrong: text < 0,
    },
  ];
  if (text < 0) return [...head, { name: 'rest', offset: at(ENTRY.headerSize), size: room }];
  let offset = at(ENTRY.headerSize);
  const sizes: [name: string, size: number][] = [
    ['taskId', task],
    ['type', type],
    ['agent', agent],
    ['detail', detail],
    ['text', text],
  ];
  for (const [name, size] of sizes) {
    head.push({ name, offset, size });
    offset += size;
  }
  return head;
}

function sealFields(bytes: Buffer, start: number, length: number): Field[] {
  return [
    { name: 'records', offset: start + SEAL.records, size: 4, value: `${bytes.readUInt32LE(SEAL.records)}` },
    { name: 'entries', offset: start + SEAL.entries, size: 4, value: `${bytes.readUInt32LE(SEAL.entries)}` },
    { name: 'rest', offset: start + SEAL.size, size: length - SEAL.size },
  ];
}

function cutFields(bytes: Buffer, start: number, length: number): Field[] {
  const { segmentId, lastBatch, size } = CUT;
  const id = bytes.toString('hex', segmentId, segmentId + 16);
  return [
    { name: 'cut segment', offset: start + segmentId, size: 16, value: id },
    { name: 'last batch', offset: start + lastBatch, size: 4, value: `${bytes.readUInt32LE(lastBatch)}` },
    { name: 'rest', offset: start + size, size: length - size },
  ];
}

function hasNames(has: number): string {
  const names = Object.entries(HAS).filter(([, bit]) => (has & bit) !== 0);
  return names.length === 0 ? 'nothing optional' : names.map(([name]) => name).join(', ');
}
