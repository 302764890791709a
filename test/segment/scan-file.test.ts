/** The scanner over real files: the same through promises and without, short reads, files that shrink, errors. */
import { closeSync, fstatSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeDisk } from '../../src/segment/disk.js';
import { FileScan } from '../../src/segment/scan-file.js';
import { SegmentImage } from '../../src/segment/segment-image.js';
import { SegmentScanner } from '../../src/segment/segment-scanner.js';
import type { ScanItem } from '../../src/segment/sightings.js';
import { run, runSync } from '../../src/segment/steps.js';
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

/** Scans the file both ways, with promises and synchronously, which must come to the same. */
async function scanBoth(path: string, size?: number): Promise<{ records: Seen[]; kind: string }> {
  const fd = openSync(path, 'r');
  try {
    const scan = () => {
      const scanner = new SegmentScanner({ size: size ?? fstatSync(fd).size, writer: 'sealed' });
      return { scanner, steps: new FileScan(fd, path, scanner) };
    };
    const [sync, async] = [scan(), scan()];
    const records: Seen[] = [];
    const again: Seen[] = [];
    for (
      let items = runSync(nodeDisk, sync.steps.next());
      items;
      items = runSync(nodeDisk, sync.steps.next())
    ) {
      records.push(...recordsIn(items));
    }
    for (
      let items = await run(nodeDisk, async.steps.next());
      items;
      items = await run(nodeDisk, async.steps.next())
    ) {
      again.push(...recordsIn(items));
    }
    expect(again).toEqual(records);
    expect(async.scanner.verdict).toEqual(sync.scanner.verdict);
    return { records, kind: sync.scanner.verdict!.kind };
  } finally {
    closeSync(fd);
  }
}

const recordsIn = (items: ScanItem[]) => items.filter((item) => item.kind === 'record').map(seen);

describe('a segment file', () => {
  it('is read as it was written', async () => {
    const { path, records, bytes } = writeSegment('same.sealed', 2000);
    expect(bytes.length).toBeGreaterThan(1024 * 1024);
    expect(await scanBoth(path)).toEqual({ records, kind: 'sealed' });
  });

  it('that has become shorter since its size was asked is damaged where it ends, and nothing worse', async () => {
    const { path, records, bytes } = writeSegment('shorter.sealed');
    truncateSync(path, records[100]!.offset);
    expect(await scanBoth(path, bytes.length)).toEqual({ records: records.slice(0, 100), kind: 'damaged' });
    truncateSync(path, 0);
    expect(await scanBoth(path, bytes.length)).toEqual({ records: [], kind: 'unreadable' });
  });

  it('that cannot be read gives an error that names the file and the place', async () => {
    await expect(scanBoth(directory, 1000)).rejects.toMatchObject({
      code: 'AGENTLOG_IO',
      message: expect.stringMatching(/cannot read .*agentlog-test.*1000 bytes from offset 0 on: .*EISDIR/),
    });
  });
});
