/** Segments with a known content, and what an independent reading of them says must come back. */
import { isDeepStrictEqual } from 'node:util';
import type { CheckedEntry } from '../../src/entry.js';
import { type IdHalves, packId } from '../../src/entry-id.js';
import { decodeEntry } from '../../src/segment/entry-payload.js';
import type { FileHeader } from '../../src/segment/file-header.js';
import type { SegmentRecord } from '../../src/segment/record.js';
import type { SegmentImage } from '../../src/segment/segment-image.js';
import { formatSegmentName, parseSegmentName, type SegmentName } from '../../src/segment/segment-name.js';
import { type ScanOptions, SegmentScanner } from '../../src/segment/segment-scanner.js';
import type { Hole, Verdict } from '../../src/segment/verdict.js';
import { Random } from './random.js';

const TIME = Date.UTC(2026, 0, 2, 3, 4, 5);
const SLOT = 7;

export function idAt(n: number): IdHalves {
  return packId({ time: TIME + Math.floor(n / 100), counter: n % 100, slot: SLOT });
}

export function headerOf(seed: number, recycled = false): FileHeader {
  return {
    segmentId: new Uint8Array(new Random(seed).bytes(16)),
    slot: SLOT,
    baseId: idAt(0),
    created: TIME,
    pid: 4242,
    recycled,
  };
}

export function nameOf(header: FileHeader, state: 'open' | 'sealed' = 'open'): SegmentName {
  return parseSegmentName(formatSegmentName({ ...header, state }))!;
}

export function entryOf(text: string, more: Partial<CheckedEntry> = {}): CheckedEntry {
  return {
    taskId: 'task-1',
    type: 'text',
    text,
    agent: 'executor',
    detail: undefined,
    timestamp: TIME,
    ...more,
  };
}

function randomEntry(random: Random, longest = 300): CheckedEntry {
  const text = random
    .pick(['plain words ', 'ünïcödé ✓ ', '\u0000\u0001 ', '🦊 '])
    .repeat(40)
    .slice(0, random.below(longest));
  return entryOf(text, {
    taskId: `task-${random.below(5)}`,
    type: random.pick(['text', 'tool', 'thinking']),
    agent: random.chance(0.7) ? `agent-${random.below(3)}` : undefined,
    detail: random.chance(0.3)
      ? JSON.stringify({ n: random.below(1e6), s: 'x'.repeat(random.below(40)) })
      : undefined,
    timestamp: TIME + random.below(1000),
  });
}

/** Appends batches of random entries; ids go on from `firstId`. Returns the next free one. */
export function addRandomBatches(image: SegmentImage, random: Random, batches: number, firstId = 1): number {
  let id = firstId;
  for (let b = 0; b < batches; b++) {
    const entries = random.between(1, 6);
    for (let i = 0; i < entries; i++) {
      image.entry(randomEntry(random), idAt(id++), i < entries - 1 && random.chance(0.3));
    }
    image.endBatch();
    if (random.chance(0.2)) image.mark();
  }
  return id;
}

/** A record as a test compares it: no view into a buffer. */
export interface Seen {
  readonly offset: number;
  readonly end: number;
  readonly type: number;
  readonly flags: number;
  readonly batch: number;
  readonly id: string;
  readonly payload: string;
}

export function seen(record: SegmentRecord): Seen {
  const { offset, end, type, flags, batch, id, bytes, payloadStart, payloadEnd } = record;
  return { offset, end, type, flags, batch, id, payload: bytes.toString('hex', payloadStart, payloadEnd) };
}

export function areSame(some: readonly Seen[], others: readonly Seen[]): boolean {
  return some.length === others.length && some.every((one, i) => isSame(one, others[i]!));
}

/** Field by field, as it is asked for every record of every scan. */
export function isSame(one: Seen, other: Seen): boolean {
  return (
    one.offset === other.offset &&
    one.end === other.end &&
    one.type === other.type &&
    one.flags === other.flags &&
    one.batch === other.batch &&
    one.id === other.id &&
    one.payload === other.payload
  );
}

export interface Scanned {
  readonly records: Seen[];
  readonly holes: Hole[];
  readonly verdict: Verdict;
  readonly texts: string[];
}

export function scanBytes(bytes: Buffer, options: Partial<ScanOptions> = {}): Scanned {
  const scan = (more: Partial<ScanOptions>) => {
    const scanner = new SegmentScanner({ size: bytes.length, writer: 'gone', ...options, ...more });
    return runScanner(scanner, (offset, length) => bytes.subarray(offset, offset + length));
  };
  const { records, ...scanned } = scan({});
  // What is found must not depend on where reads begin and end, nor on how much of a batch they show.
  const [first, longest] = SHORT_READS[bytes.length % SHORT_READS.length]!;
  const { records: recordsAgain, ...again } = scan({ reads: [first, longest] });
  if (!areSame(recordsAgain, records) || !isDeepStrictEqual(again, scanned)) {
    const [a, b] = [again, scanned].map(({ verdict }) => verdict.reason);
    throw new Error(`reads of ${first} to ${longest} bytes give "${a}", long ones "${b}"`);
  }
  return { records, ...scanned };
}

/** Shorter than most records, shorter than most batches, and in between. */
const SHORT_READS = [
  [64, 64],
  [64, 512],
  [256, 1024],
] as const;

/** Feeds the scanner until it wants no more, and checks on the way that it asks for nothing unreasonable. */
export function runScanner(
  scanner: SegmentScanner,
  read: (offset: number, length: number) => Buffer,
): Scanned {
  const records: Seen[] = [];
  const holes: Hole[] = [];
  const texts: string[] = [];
  let steps = 0;
  for (let wanted = scanner.wanted; wanted !== null; wanted = scanner.wanted) {
    if (wanted.length < 0 || wanted.offset % 8 !== 0) throw new Error(`wants ${JSON.stringify(wanted)}`);
    if (++steps > 100_000) throw new Error('the scanner does not come to an end');
    for (const item of scanner.push(read(wanted.offset, wanted.length))) {
      if (item.kind === 'hole') {
        holes.push(item);
        continue;
      }
      records.push(seen(item));
      if (item.type === 1) texts.push(textOf(item));
    }
  }
  return { records, holes, texts, verdict: scanner.verdict! };
}

function textOf(record: SegmentRecord): string {
  return decodeEntry(record.bytes, record.payloadStart, record.payloadEnd)?.text ?? '(no entry)';
}

/** All records of bytes that are known to be whole, unproven ones too: as if the name said that it was sealed. */
export function recordsOf(bytes: Buffer): Seen[] {
  const scanner = new SegmentScanner({ size: bytes.length, writer: 'sealed' });
  const { records, holes } = runScanner(scanner, (offset, length) => bytes.subarray(offset, offset + length));
  if (holes.some((hole) => hole.cause !== 'end' || hole.length > 0)) throw new Error('not whole');
  return records;
}
