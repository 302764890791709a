/** One batch, finished as often as it takes: in another place, with other records behind, after others were cleared. */
import { describe, expect, it } from 'vitest';
import { BatchEncoder } from '../../src/segment/batch-encoder.js';
import { CrcSeed } from '../../src/segment/crc.js';
import { encodeFileHeader } from '../../src/segment/file-header.js';
import { MAX_PAYLOAD_BYTES } from '../../src/segment/layout.js';
import { entryOf, headerOf, idAt, scanBytes } from '../support/segments.js';

const header = headerOf(1);
const seed = new CrcSeed(header.segmentId);

function scanBatch(bytes: Buffer) {
  return scanBytes(Buffer.concat([encodeFileHeader(header), bytes]));
}

describe('a batch', () => {
  it('can be finished again after more was added: only its last record ends it', () => {
    const batch = new BatchEncoder();
    batch.addEntry(entryOf('a'), idAt(1));
    expect(scanBatch(batch.finish(seed, 64, 1)).records.map(({ flags }) => flags)).toEqual([1]);
    batch.addEntry(entryOf('b'), idAt(2));
    const { records, texts } = scanBatch(batch.finish(seed, 64, 1));
    expect(records.map(({ flags }) => flags)).toEqual([0, 1]);
    expect(texts).toEqual(['a', 'b']);
  });

  it('can be finished for another place, in another segment, also as a copy', () => {
    const batch = new BatchEncoder();
    batch.addEntry(entryOf('a'), idAt(1));
    batch.finish(new CrcSeed(headerOf(2).segmentId), 4096, 9);
    const copy = batch.copy();
    batch.clear();
    batch.addEntry(entryOf('other'), idAt(2));
    expect(scanBatch(copy.finish(seed, 64, 1)).texts).toEqual(['a']);
    expect(scanBatch(batch.finish(seed, 64, 1)).texts).toEqual(['other']);
    expect([batch.records, copy.records]).toEqual([1, 1]);
  });

  it('refuses an entry that no segment holds, and stays as it was', () => {
    const batch = new BatchEncoder();
    batch.addEntry(entryOf('a'), idAt(1));
    expect(() => batch.addEntry(entryOf('x'.repeat(MAX_PAYLOAD_BYTES)), idAt(2))).toThrow(
      expect.objectContaining({ code: 'AGENTLOG_ENTRY_TOO_LARGE' }),
    );
    batch.addEntry(entryOf('b'), idAt(3));
    expect(scanBatch(batch.finish(seed, 64, 1)).texts).toEqual(['a', 'b']);
  });

  it('keeps what it has when its buffer grows', () => {
    const batch = new BatchEncoder();
    const texts = Array.from({ length: 3000 }, (_, i) => `${i} `.repeat(1 + (i % 40)));
    texts.forEach((text, i) => {
      batch.addEntry(entryOf(text), idAt(i + 1));
    });
    expect(batch.records).toBe(3000);
    expect(scanBatch(batch.finish(seed, 64, 1)).texts).toEqual(texts);
  });
});
