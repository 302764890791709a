/**
 * What agentlog does so far, on real files: a segment is written batch by batch, each synced before the next, sealed,
 * and read back; then copies of it are damaged and torn, and the scan says what is left.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { checkEntry } from '../src/entry.js';
import { type IdHalves, packId } from '../src/entry-id.js';
import { nodeDisk } from '../src/segment/disk.js';
import { decodeEntry } from '../src/segment/entry-payload.js';
import { RECORD_TYPE } from '../src/segment/layout.js';
import { FileScan } from '../src/segment/scan-file.js';
import { SegmentImage } from '../src/segment/segment-image.js';
import { formatSegmentName, parseSegmentName } from '../src/segment/segment-name.js';
import { SegmentScanner } from '../src/segment/segment-scanner.js';
import { runSync } from '../src/segment/steps.js';
import type { Verdict } from '../src/segment/verdict.js';

const ENTRIES = 20_000;
const BATCH = 50;
const SLOT = 0;
const AGENTS = ['triage', 'executor', 'reviewer', 'merger'];

const started = Date.now();
const idAt = (n: number): IdHalves =>
  packId({ time: started + Math.floor(n / 4096), counter: n % 4096, slot: SLOT });

function entryAt(n: number) {
  const agent = AGENTS[n % AGENTS.length]!;
  return checkEntry(
    n % 5 === 0
      ? {
          taskId: `task-${n % 40}`,
          type: 'tool',
          agent,
          text: 'npm test',
          detail: { call: n, timeout: 120_000 },
        }
      : {
          taskId: `task-${n % 40}`,
          type: 'text',
          agent,
          text: `Step ${n}: ${'reading, thinking, writing. '.repeat(12)}`,
        },
    Date.now(),
    1 << 24,
  );
}

/** Writes a sealed segment, every batch on disk before the next one is begun. */
function writeSegment(directory: string): string {
  const header = {
    segmentId: new Uint8Array(randomBytes(16)),
    slot: SLOT,
    baseId: idAt(0),
    created: started,
    pid: process.pid,
    recycled: false,
  };
  const path = (state: 'open' | 'sealed') => join(directory, formatSegmentName({ ...header, state }));
  const image = new SegmentImage(header);
  const fd = openSync(path('open'), 'wx', 0o600);
  let written = 0;
  const sync = () => {
    const bytes = image.bytes(written);
    written += writeSync(fd, bytes, 0, bytes.length, written);
    fdatasyncSync(fd);
  };
  for (let n = 1; n <= ENTRIES; n++) {
    image.entry(entryAt(n), idAt(n));
    if (n % BATCH !== 0) continue;
    image.endBatch();
    sync();
  }
  image.seal();
  sync();
  closeSync(fd);
  renameSync(path('open'), path('sealed'));
  const folder = openSync(directory, 'r');
  fsyncSync(folder);
  closeSync(folder);
  return path('sealed');
}

function scan(path: string): Verdict {
  const fd = openSync(path, 'r');
  try {
    const name = parseSegmentName(basename(path));
    const writer = name?.state === 'sealed' ? 'sealed' : 'gone';
    const scanner = new SegmentScanner({ size: fstatSync(fd).size, writer, name });
    const steps = new FileScan(fd, path, scanner);
    for (let items = runSync(nodeDisk, steps.next()); items; items = runSync(nodeDisk, steps.next())) {
      for (const item of items) {
        if (item.kind === 'hole' || item.type !== RECORD_TYPE.entry) continue;
        if (decodeEntry(item.bytes, item.payloadStart, item.payloadEnd) === undefined)
          throw new Error('no entry');
      }
    }
    return scanner.verdict!;
  } finally {
    closeSync(fd);
  }
}

function timed<T>(step: () => T): { result: T; seconds: number } {
  const start = process.hrtime.bigint();
  const result = step();
  return { result, seconds: Number(process.hrtime.bigint() - start) / 1e9 };
}

const perSecond = (seconds: number) => `${Math.round(ENTRIES / seconds).toLocaleString('en-US')} entries/s`;

function main(): void {
  const directory = mkdtempSync(join(tmpdir(), 'agentlog-demo-'));
  try {
    const { result: path, seconds: writing } = timed(() => writeSegment(directory));
    console.log(`wrote ${ENTRIES} entries in ${ENTRIES / BATCH} batches, each synced: ${perSecond(writing)}`);
    console.log(`  ${basename(path)}`);
    const { result: verdict, seconds: reading } = timed(() => scan(path));
    console.log(`read and decoded them: ${perSecond(reading)}`);
    console.log(`  ${verdict.reason}`);

    const bytes = readFileSync(path);
    const middle = Math.floor(bytes.length / 2);
    const rotten = Buffer.from(bytes);
    rotten[bytes.indexOf('reading', middle)]! ^= 1;
    writeFileSync(path, rotten);
    console.log('one bit of it flipped, in the text of an entry:');
    console.log(`  ${scan(path).reason}`);

    const open = path.replace(/sealed$/, 'open');
    writeFileSync(open, bytes.subarray(0, middle));
    console.log('not sealed, and cut off in the middle of a write:');
    console.log(`  ${scan(open).reason}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

main();
