/** The bytes of one entry inside a record: a fixed part with the lengths, then the texts as UTF-8. */
import { isUtf8 } from 'node:buffer';
import type { CheckedEntry, StoredEntry } from '../entry.js';
import { ENTRY, HAS } from './layout.js';
import { NameCache } from './name-cache.js';

/** An entry as a segment holds it: its id stands in the record's header. */
export type DecodedEntry = Omit<StoredEntry, 'id'>;

/** No encoded entry needs more room: UTF-8 has at most three bytes for each unit of a JavaScript string. */
export function entrySizeBound(entry: CheckedEntry): number {
  const units =
    entry.taskId.length +
    entry.type.length +
    (entry.agent?.length ?? 0) +
    (entry.detail?.length ?? 0) +
    entry.text.length;
  return ENTRY.headerSize + units * 3;
}

/** Writes the entry at `at` and returns where it ends. Lone surrogates become U+FFFD on the way. */
export function encodeEntry(entry: CheckedEntry, target: Buffer, at: number): number {
  const { taskId, type, agent, detail, text, timestamp } = entry;
  const taskStart = at + ENTRY.headerSize;
  const typeStart = writeText(taskId, target, taskStart);
  const agentStart = writeText(type, target, typeStart);
  const detailStart = agent === undefined ? agentStart : writeText(agent, target, agentStart);
  const textStart = detail === undefined ? detailStart : writeText(detail, target, detailStart);
  const end = writeText(text, target, textStart);

  const low = timestamp >>> 0;
  target.writeUInt32LE(low, at + ENTRY.timestamp);
  target.writeInt32LE((timestamp - low) / 0x1_0000_0000, at + ENTRY.timestamp + 4);
  target.writeUInt16LE(typeStart - taskStart, at + ENTRY.taskIdLength);
  target.writeUInt16LE(agentStart - typeStart, at + ENTRY.typeLength);
  target.writeUInt16LE(detailStart - agentStart, at + ENTRY.agentLength);
  const has = (agent === undefined ? 0 : HAS.agent) | (detail === undefined ? 0 : HAS.detail);
  target.writeUInt16LE(has, at + ENTRY.has);
  target.writeUInt32LE(textStart - detailStart, at + ENTRY.detailLength);
  return end;
}

/** Shorter texts are cheaper to copy here than to hand over to native code. */
const SHORT = 32;

function writeText(text: string, target: Buffer, at: number): number {
  if (text.length <= SHORT) {
    let i = 0;
    for (; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 127) break;
      target[at + i] = unit;
    }
    if (i === text.length) return at + i;
  }
  return at + target.write(text, at);
}

/** Names repeat from entry to entry; one string each saves both time and memory. */
const names = new NameCache();

/** The entry in `bytes[start, end)`, or undefined when these bytes are no entry, which a good CRC makes unlikely. */
export function decodeEntry(bytes: Buffer, start: number, end: number): DecodedEntry | undefined {
  const texts = decodeTexts(bytes, start, end);
  if (texts === undefined) return undefined;
  const { taskId, type, text, agent, detail, timestamp } = texts;
  const entry: DecodedEntry = { taskId, type, text, timestamp };
  if (agent !== undefined) entry.agent = agent;
  if (detail !== undefined) {
    try {
      entry.detail = JSON.parse(detail);
    } catch {
      return undefined;
    }
  }
  return entry;
}

/** As `decodeEntry`, with the detail as the JSON text that was written. */
export function decodeTexts(bytes: Buffer, start: number, end: number): CheckedEntry | undefined {
  const found = decodeNames(bytes, start, end);
  if (found === undefined) return undefined;
  const { taskId, type, agent, timestamp } = found;
  const detailStart =
    start +
    ENTRY.headerSize +
    bytes.readUInt16LE(start + ENTRY.taskIdLength) +
    bytes.readUInt16LE(start + ENTRY.typeLength) +
    bytes.readUInt16LE(start + ENTRY.agentLength);
  const textStart = detailStart + bytes.readUInt32LE(start + ENTRY.detailLength);
  const hasDetail = (bytes.readUInt16LE(start + ENTRY.has) & HAS.detail) !== 0;
  const text = bytes.toString('utf8', textStart, end);
  const detail = hasDetail ? bytes.toString('utf8', detailStart, textStart) : undefined;
  return { taskId, type, text, agent, detail, timestamp };
}

export interface EntryNames {
  readonly taskId: string;
  readonly type: string;
  readonly agent: string | undefined;
  readonly timestamp: number;
}

/** What entries are found by, without the texts; undefined whenever `decodeTexts` gives that. */
export function decodeNames(bytes: Buffer, start: number, end: number): EntryNames | undefined {
  const taskStart = start + ENTRY.headerSize;
  if (taskStart > end) return undefined;
  const typeStart = taskStart + bytes.readUInt16LE(start + ENTRY.taskIdLength);
  const agentStart = typeStart + bytes.readUInt16LE(start + ENTRY.typeLength);
  const detailStart = agentStart + bytes.readUInt16LE(start + ENTRY.agentLength);
  if (detailStart + bytes.readUInt32LE(start + ENTRY.detailLength) > end) return undefined;
  const timestamp =
    bytes.readInt32LE(start + ENTRY.timestamp + 4) * 0x1_0000_0000 +
    bytes.readUInt32LE(start + ENTRY.timestamp);
  if (!Number.isSafeInteger(timestamp)) return undefined;
  const has = bytes.readUInt16LE(start + ENTRY.has);
  return {
    taskId: names.get(bytes, taskStart, typeStart),
    type: names.get(bytes, typeStart, agentStart),
    agent: has & HAS.agent ? names.get(bytes, agentStart, detailStart) : undefined,
    timestamp,
  };
}

/**
 * The bytes that `decodeTexts` decodes, the texts one behind the other. Undefined when the texts, encoded, would be other
 * bytes, which they never are of what was written by `encodeEntry`.
 */
export function encodedTexts(bytes: Buffer, start: number, end: number): Buffer | undefined {
  const taskStart = start + ENTRY.headerSize;
  const typeStart = taskStart + bytes.readUInt16LE(start + ENTRY.taskIdLength);
  const agentStart = typeStart + bytes.readUInt16LE(start + ENTRY.typeLength);
  const detailStart = agentStart + bytes.readUInt16LE(start + ENTRY.agentLength);
  const textStart = detailStart + bytes.readUInt32LE(start + ENTRY.detailLength);
  const has = bytes.readUInt16LE(start + ENTRY.has);
  if ((has & HAS.agent) === 0 && detailStart > agentStart) return undefined;
  if ((has & HAS.detail) === 0 && textStart > detailStart) return undefined;
  // Together they may be sound although a character is cut in two between them.
  for (const at of [typeStart, agentStart, detailStart, textStart])
    if (at < end && isContinued(bytes, at)) return undefined;
  const texts = bytes.subarray(taskStart, end);
  return isUtf8(texts) ? texts : undefined;
}

/** Whether the byte is one of a character that began before it. */
function isContinued(bytes: Buffer, at: number): boolean {
  return (bytes[at]! & 0xc0) === 0x80;
}
