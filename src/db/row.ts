/** The checksums of rows: they find what SQLite's own checks pass over: bytes that changed in a value. */
import { crc32 } from 'node:zlib';
import type { Bound } from '../deletion.js';
import type { Row } from '../destination.js';
import type { CheckedEntry } from '../entry.js';

const head = Buffer.alloc(32);

/** Of all columns. The lengths keep a character that moves from one column to the next from going unseen. */
export function rowCrc(row: Row): number {
  const { idHigh, idLow, timestamp, taskId, type, agent, text, detail } = row;
  head.writeUInt32LE(idLow, 0);
  head.writeUInt32LE(idHigh, 4);
  head.writeDoubleLE(timestamp, 8);
  head.writeUInt32LE(taskId.length, 16);
  head.writeUInt32LE(type.length, 20);
  head.writeInt32LE(agent === undefined ? -1 : agent.length, 24);
  head.writeInt32LE(detail === undefined ? -1 : detail.length, 28);
  if (row.utf8 !== undefined) return crc32(row.utf8, crc32(head));
  return crc32(taskId + type + (agent ?? '') + (detail ?? '') + text, crc32(head));
}

/** Of a row that says what was deleted; its slot is a part of the id. */
export function deletionCrc(taskId: string | null, { high, low, before }: Bound): number {
  head.fill(0);
  head.writeUInt32LE(low, 0);
  head.writeUInt32LE(high >>> 0, 4);
  head.writeDoubleLE(before ?? 0, 8);
  head.writeInt32LE(before === null ? 0 : 1, 16);
  head.writeInt32LE(taskId === null ? -1 : taskId.length, 20);
  return crc32(taskId ?? '', crc32(head));
}

type Texts = CheckedEntry & Pick<Row, 'utf8'>;

/** UTF-8 bytes of its texts, as the counters have them. */
export function textBytes({ taskId, type, agent, text, detail, utf8 }: Texts): number {
  if (utf8 !== undefined) return utf8.length;
  let bytes = Buffer.byteLength(taskId) + Buffer.byteLength(type) + Buffer.byteLength(text);
  if (agent !== undefined) bytes += Buffer.byteLength(agent);
  if (detail !== undefined) bytes += Buffer.byteLength(detail);
  return bytes;
}
