/** What the header of a segment file says, of which nothing else is read. */
import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHeader, readFileHeader } from '../../../src/segment/file-header.js';
import { MAX_FILE_HEADER_BYTES } from '../../../src/segment/layout.js';

/** Undefined when it cannot be believed. */
export function segmentHeader(path: string): FileHeader | undefined {
  const bytes = Buffer.alloc(MAX_FILE_HEADER_BYTES);
  const fd = openSync(path, 'r');
  try {
    const reading = readFileHeader(bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0)));
    return reading.kind === 'good' ? reading.header : undefined;
  } finally {
    closeSync(fd);
  }
}
