/** The scanner over real files: the same through promises and without, short reads, files that shrink, errors. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DiskFile, nodeDisk } from '../../src/segment/disk.js';
import { scanFile, scanFileSync } from '../../src/segment/scan-file.js';
import { SegmentImage } from '../../src/segment/segment-image.js';
import { SegmentScanner } from '../../src/segment/segment-scanner.js';
import type { ScanItem } from '../../src/segment/sightings.js';
import { Random } from '../support/random.js';
import { addRandomBatches, headerOf, recordsOf, type Seen, seen } from '../support/segments.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'agentlog-test-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function writeSegment(name: string, batches = 400): { path: string; bytes: Buffer; records: Seen[] } {
  const image = new SegmentImage(headerOf(1));
  addRandomBatches(image, new Random(1), batches);
  const bytes = image.seal().bytes();
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return { path, bytes, records: recordsOf(bytes) };
}

const recordsIn = (items: ScanItem[]) => items.filter((item) => item.kind === 'record').map(seen);

async function scanAll(file: DiskFile, size: number): Promise<{ records: Seen[]; kind: string }> {
  const records: Seen[] = [];
  const steps = scanFile(file, new SegmentScanner({ size, writer: 'sealed' }));
  for (;;) {
    const step = await steps.next();
    if (step.done) return { records, kind: step.value.kind };
    records.push(...recordsIn(step.value));
  }
}

function scanAllSync(file: DiskFile, size: number): { records: Seen[]; kind: string } {
  const records: Seen[] = [];
  const steps = scanFileSync(file, new SegmentScanner({ size, writer: 'sealed' }));
  for (;;) {
    const step = steps.next();
    if (step.done) return { records, kind: step.value.kind };
    records.push(...recordsIn(step.value));
  }
}

describe('a segment file', () => {
  it('is scanned the same through promises and without', async () => {
    const { path, records } = writeSegment('same.sealed', 2000);
    const file = await nodeDisk.open(path);
    const size = await file.size();
    expect(size).toBeGreaterThan(1024 * 1024);
    expect(await scanAll(file, size)).toEqual({ records, kind: 'sealed' });
    expect(scanAllSync(file, size)).toEqual({ records, kind: 'sealed' });
    await file.close();
  });

  it('that has become shorter since its size was asked is damaged where it ends, and nothing worse', async () => {
    const { path, records, bytes } = writeSegment('shorter.sealed');
    const file = await nodeDisk.open(path);
    truncateSync(path, records[100]!.offset);
    const sync = scanAllSync(file, bytes.length);
    expect(sync).toEqual({ records: records.slice(0, 100), kind: 'damaged' });
    expect(await scanAll(file, bytes.length)).toEqual(sync);
    truncateSync(path, 0);
    expect(await scanAll(file, bytes.length)).toEqual({ records: [], kind: 'unreadable' });
    await file.close();
  });

  it('that cannot be read gives an error that names the file and the offset', async () => {
    const file = await nodeDisk.open(directory);
    const error = {
      code: 'AGENTLOG_IO',
      message: expect.stringMatching(/cannot read .*agentlog-test.* at offset 0.*EISDIR/),
    };
    await expect(scanAll(file, 1000)).rejects.toMatchObject(error);
    expect(() => scanAllSync(file, 1000)).toThrow(expect.objectContaining(error));
    await file.close();
  });

  it('that is not there gives an error that names it', async () => {
    await expect(nodeDisk.open(join(directory, 'none'))).rejects.toMatchObject({
      code: 'AGENTLOG_IO',
      message: expect.stringMatching(/cannot open .*none.*ENOENT/),
    });
  });
});
