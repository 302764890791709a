import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const PAGE_BYTES = 8192;

/** Makes the database of a store unreadable for SQLite. Nobody may have it open. */
export function spoilFirstPage(store: string): void {
  const fd = openSync(join(store, 'agent-log.db'), 'r+');
  try {
    writeSync(fd, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, 0);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
