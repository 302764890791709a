/** The newest entries, the oldest of them first. */
import type { StoredEntry } from '../../../src/entry.js';
import type { ScanOptions } from '../../../src/reading/api.js';
import type { LogReader } from './log-reader.js';

/** Those that count, so many at most. */
export async function newest(
  reader: LogReader,
  wanted: ScanOptions,
  most: number,
  counts: (entry: StoredEntry) => boolean,
): Promise<StoredEntry[]> {
  const found: StoredEntry[] = [];
  if (most === 0) return found;
  for await (const entry of reader.scan({ ...wanted, order: 'desc' })) {
    if (!counts(entry)) continue;
    found.push(entry);
    if (found.length === most) break;
  }
  return found.reverse();
}
