/** The entries that benchmarks write: about 450 bytes each, a third of them tool calls with a detail. */
import { randomBytes } from 'node:crypto';
import { type CheckedEntry, checkEntry, type Entry } from '../../src/entry.js';
import { packId } from '../../src/entry-id.js';
import { SegmentImage } from '../../src/segment/segment-image.js';

const SENTENCES =
  'The agent looked at the file src/segment/writer.ts and found that the batch in flight had not been acknowledged. ' +
  'It reads the test again, runs it with the seed of the failing case, and compares what was written with what came ' +
  'back. The last sector of the batch is missing: the write was short, and nothing looked at the count it returned. ';
const TEXT = SENTENCES.repeat(2);
const TYPES = ['text', 'tool', 'thinking'];
const SLOT = 1;

export function sampleEntries(count: number): Entry[] {
  return Array.from({ length: count }, (_, i) => {
    const type = TYPES[i % 3]!;
    const start = i % 97;
    const entry: Entry = {
      taskId: `task-${i % 200}`,
      type,
      agent: `executor-${i % 4}`,
      text: TEXT.slice(start, start + (type === 'tool' ? 300 : 390)),
      timestamp: 1_767_000_000_000 + i,
    };
    if (type === 'tool')
      entry.detail = { tool: 'bash', args: { command: 'npm test', timeout: 120_000 }, exit: i % 2 };
    return entry;
  });
}

export function checkedSample(count: number): CheckedEntry[] {
  return sampleEntries(count).map((entry) => checkEntry(entry, 0, 1 << 24));
}

export function sampleId(n: number) {
  return packId({ time: 1_767_000_000_000 + (n >> 12), counter: n & 4095, slot: SLOT });
}

/** A sealed segment of the sample in batches of 64. */
export function sampleSegment(entries: readonly CheckedEntry[]): Buffer {
  const image = new SegmentImage({
    segmentId: randomBytes(16),
    slot: SLOT,
    baseId: sampleId(0),
    created: Date.now(),
    pid: process.pid,
    recycled: false,
  });
  entries.forEach((entry, i) => {
    image.entry(entry, sampleId(i + 1));
    if (i % 64 === 63) image.endBatch();
  });
  return image.endBatch().seal().bytes();
}
