/** What is logged from now on, behind the last that was there; until Ctrl-C. */

import type { StoredEntry } from '../../../src/entry.js';
import { parseId } from '../../../src/entry-id.js';
import type { EntryFilter } from '../../../src/reading/api.js';
import { parseCursor } from '../../../src/reading/cursor.js';
import type { LogReader } from './log-reader.js';
import { newest } from './newest.js';

const USUAL_LINES = 10;

export async function follow(
  reader: LogReader,
  filter: EntryFilter,
  lines: number | undefined,
  counts: (entry: StoredEntry) => boolean,
  show: (entry: StoredEntry) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const end = () => stop.abort();
  // The second one ends the process as it always does.
  for (const signal of SIGNALS) process.once(signal, end);
  try {
    // Everything is on one side of it or the other.
    const cursor = await reader.cursor();
    const position = parseCursor(cursor, reader.store.manifest.storeId)!;
    const isThere = ({ id }: StoredEntry) => {
      const { high, low } = parseId(id)!;
      return position.includes(high, low);
    };
    const wanted = { ...filter, signal: stop.signal };
    const before = await newest(reader, wanted, lines ?? USUAL_LINES, (one) => isThere(one) && counts(one));
    for (const entry of before) await show(entry);
    const { taskId, type } = filter;
    for await (const entry of reader.log.follow({ taskId, type, cursor, signal: stop.signal }))
      if (isWithin(entry, filter) && counts(entry)) await show(entry);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, end);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** What following does not ask the store for. */
function isWithin({ agent, timestamp }: StoredEntry, filter: EntryFilter): boolean {
  if (filter.agent !== undefined && agent !== filter.agent) return false;
  return timestamp >= (filter.since ?? timestamp) && timestamp <= (filter.until ?? timestamp);
}
