/** The decoders of everything that a store keeps, each with what must hold for any input. */
import { crc32 } from 'node:zlib';
import { formatId, parseId } from '../../../src/entry-id.js';
import { AgentLogError } from '../../../src/errors.js';
import { formatCursor, parseCursor } from '../../../src/reading/cursor.js';
import { readCeiling } from '../../../src/segment/ceiling.js';
import { decodeCut, decodeDelete, decodeSeal, encodeDelete } from '../../../src/segment/control-payload.js';
import type { Disk } from '../../../src/segment/disk.js';
import {
  decodeEntry,
  decodeNames,
  decodeTexts,
  encodedTexts,
  encodeEntry,
  entrySizeBound,
} from '../../../src/segment/entry-payload.js';
import { readFileHeader } from '../../../src/segment/file-header.js';
import { decodeManifest } from '../../../src/segment/manifest.js';
import { formatSegmentName, parseSegmentName } from '../../../src/segment/segment-name.js';
import { runSync } from '../../../src/segment/steps.js';
import { must } from '../must.js';

/** What is read as names only, with its texts, or whole, is one and the same; and it is written back as it was. */
export function checkEntryPayload(bytes: Buffer, start: number, end: number): void {
  const names = decodeNames(bytes, start, end);
  const texts = decodeTexts(bytes, start, end);
  const entry = decodeEntry(bytes, start, end);
  must((names === undefined) === (texts === undefined), () => 'names and texts do not agree');
  if (names === undefined || texts === undefined) {
    must(entry === undefined, () => 'an entry without texts');
    return;
  }
  const { taskId, type, text, agent, detail, timestamp } = texts;
  for (const field of ['taskId', 'type', 'agent', 'timestamp'] as const)
    must(names[field] === texts[field], () => `two readings of ${field}`);
  must(Number.isSafeInteger(timestamp), () => `the time ${timestamp}`);
  if (entry !== undefined) {
    const isSame = entry.taskId === taskId && entry.text === text && entry.timestamp === timestamp;
    must(isSame && entry.agent === agent && entry.type === type, () => 'two readings of an entry');
    must('detail' in entry === (detail !== undefined), () => 'a detail in one reading only');
  } else must(detail !== undefined && !isJson(detail), () => 'an entry that can be read is none');
  const encoded = encodedTexts(bytes, start, end);
  if (encoded === undefined) return;
  const again = Buffer.alloc(entrySizeBound(texts));
  const length = encodeEntry(texts, again, 0);
  const [was, is] = [bytes.subarray(start, end), again.subarray(0, length)];
  must(is.subarray(20).equals(encoded), () => 'the texts are others when they are written again');
  // Flags that nobody knows are not kept.
  if (bytes.readUInt16LE(start + 14) < 4)
    must(is.equals(was), () => 'it is written otherwise than it was read');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export function checkControlPayload(payload: Buffer): void {
  const deletion = decodeDelete(payload);
  if (deletion !== undefined) {
    const again = decodeDelete(encodeDelete(deletion));
    must(JSON.stringify(again) === JSON.stringify(deletion), () => 'a delete is written otherwise');
  }
  must((decodeCut(payload) === undefined) === payload.length < 20, () => 'a cut by its length');
  must((decodeSeal(payload) === undefined) === payload.length < 8, () => 'a seal by its length');
}

/** A header is only believed when its checksum is right. */
export function checkFileHeader(bytes: Buffer): void {
  const { kind } = readFileHeader(bytes);
  if (kind === 'unreadable') return;
  const length = bytes.readUInt16LE(10);
  const isRight = crc32(bytes.subarray(0, length - 4)) === bytes.readUInt32LE(length - 4);
  must(isRight && length >= 64 && length <= 4096, () => `a header is ${kind} with a wrong checksum`);
}

export function checkManifest(text: string, readOnly: boolean): void {
  try {
    const { storeId } = decodeManifest(text, 'agentlog.json', readOnly);
    must(typeof storeId === 'string', () => `the id of the store is ${typeof storeId}`);
  } catch (error) {
    if (!(error instanceof AgentLogError) || error.code !== 'AGENTLOG_FORMAT') throw error;
  }
}

const CEILING_PLACES = [0, 4096, 8192, 12_288];

/** The highest copy whose checksum is right, and nothing else. */
export function checkCeiling(bytes: Buffer): void {
  const copies = CEILING_PLACES.filter((at) => at + 24 <= bytes.length)
    .map((at) => bytes.subarray(at, at + 24))
    .filter((copy) => copy.toString('latin1', 0, 8) === 'alogslot')
    .filter((copy) => crc32(copy.subarray(0, 20)) === copy.readUInt32LE(20))
    .map((copy) => Number(copy.readBigUInt64LE(8)));
  const expected = bytes.length === 0 ? 'none' : copies.length === 0 ? 'unreadable' : Math.max(...copies);
  const ceiling = runSync(diskOf(bytes), readCeiling(3));
  must(ceiling === expected, () => `the ceiling is ${ceiling} instead of ${expected}`);
}

/** One file in memory. */
function diskOf(bytes: Buffer): Disk {
  const calls = {
    fstat: () => ({ size: bytes.length }),
    read: (_fd: number, into: Uint8Array, start: number, length: number, position: number) =>
      bytes.subarray(position, position + length).copy(into, start),
  };
  const callSync = (name: keyof typeof calls, ...args: never[]) =>
    (calls[name] as (...all: never[]) => unknown)(...args);
  return { callSync } as unknown as Disk;
}

export function checkName(text: string): void {
  const name = parseSegmentName(text);
  must(name === undefined || formatSegmentName(name) === text, () => `the name ${text} is read as another`);
}

export function checkId(text: string): void {
  const id = parseId(text);
  must(id === undefined || formatId(id.high, id.low) === text, () => `the id ${text} is read as another`);
}

export function checkCursor(text: string, storeId: string): void {
  const position = parseCursor(text, storeId);
  if (position === undefined) return;
  const bytes = Buffer.from(text, 'base64url');
  const sum = crc32(bytes.subarray(0, -4), crc32(storeId));
  must(bytes.readUInt32BE(bytes.length - 4) === sum, () => 'a cursor with a wrong checksum is a position');
  const again = parseCursor(formatCursor(position, storeId), storeId);
  const idsOf = (one: typeof position) => JSON.stringify(one.ids().sort((a, b) => a.low - b.low));
  must(
    again !== undefined && idsOf(again) === idsOf(position),
    () => 'a position is another when written again',
  );
}
