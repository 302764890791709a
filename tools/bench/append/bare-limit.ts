/**
 * What the disk and Node allow at most: the same records, made beforehand, in batches of one size, each written and
 * synced before the next. The file is overwritten from end to end again and again, so that a sync never has to record
 * that a file grew.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { checkEntry } from '../../../src/entry.js';
import { BatchEncoder } from '../../../src/segment/batch-encoder.js';
import { CrcSeed } from '../../../src/segment/crc.js';
import { sampleId } from '../sample.js';
import { type Contender, ENTRIES } from './contender.js';
import { writeAndSync, writeAndSyncNow, writeWhole } from './write-and-sync.js';

const FILE_BYTES = 64 * 1024 * 1024;
const CHUNK = Buffer.alloc(1024 * 1024);

export const bareLimitSync: Contender = {
  name: 'bare limit',
  open(directory) {
    const fd = prewritten(directory);
    const next = placedBatches(1);
    return {
      append(over) {
        let entries = 0;
        for (; !over(); entries++) {
          const { batch, position } = next();
          writeAndSyncNow(fd, batch, position);
        }
        return entries;
      },
      close: () => closeSync(fd),
    };
  },
};

export function bareLimit(entriesPerBatch: number): Contender {
  return {
    name: 'bare limit',
    open(directory) {
      const fd = prewritten(directory);
      const next = placedBatches(entriesPerBatch);
      return {
        async append(over) {
          let entries = 0;
          for (; !over(); entries += entriesPerBatch) {
            const { batch, position } = next();
            await writeAndSync(fd, batch, position);
          }
          return entries;
        },
        close: () => closeSync(fd),
      };
    },
  };
}

/** A file whose space is there, on disk and not only promised. */
function prewritten(directory: string): number {
  const fd = openSync(join(directory, 'bare'), 'wx');
  for (let at = 0; at < FILE_BYTES; at += CHUNK.length) writeWhole(fd, CHUNK, at);
  fdatasyncSync(fd);
  return fd;
}

/** Batches and their places, one behind the other and from the beginning again when the file is full. */
function placedBatches(entriesPerBatch: number): () => { batch: Buffer; position: number } {
  const batches = encodedBatches(entriesPerBatch);
  let number = 0;
  let end = 0;
  return () => {
    const batch = batches[number++ % batches.length]!;
    const position = end + batch.length > FILE_BYTES ? 0 : end;
    end = position + batch.length;
    return { batch, position };
  };
}

function encodedBatches(entriesPerBatch: number): Buffer[] {
  const seed = new CrcSeed(new Uint8Array(randomBytes(16)));
  const encoder = new BatchEncoder();
  const batches: Buffer[] = [];
  let offset = 0;
  for (const [i, entry] of ENTRIES.entries()) {
    encoder.addEntry(checkEntry(entry, 0, 1 << 24), sampleId(i));
    if (encoder.records < entriesPerBatch) continue;
    batches.push(Buffer.from(encoder.finish(seed, offset, batches.length + 1)));
    offset += encoder.size;
    encoder.clear();
  }
  return batches;
}
