/** What rot of a waiting segment may cost, worked out from its bytes before and after. */
import { readFileSync, statSync } from 'node:fs';
import { FILE_HEADER, RECORD_TYPE } from '../../../src/segment/layout.js';
import { expectAfterRot } from '../fuzz/rot-model.js';
import { recordsOf } from '../segments.js';

export interface ExpectedLoss {
  /** Ids that can no longer be read there, which must be told. */
  readonly told: ReadonlySet<string>;
  /** Ids of which nothing left in the file says that they were acknowledged: as if the writer had died before. */
  readonly untold: ReadonlySet<string>;
}

export function expectedLoss(original: string, rotten: string): ExpectedLoss {
  const bytes = readFileSync(original);
  const sealed = original.endsWith('.sealed');
  const known = recordsOf(bytes.subarray(0, endOf(bytes)));
  const entries = known.filter(({ type }) => type === RECORD_TYPE.entry).map(({ id }) => id);
  // That a file is missing, nothing tells.
  if (statSync(rotten, { throwIfNoEntry: false }) === undefined)
    return { told: new Set(), untold: new Set(entries) };
  const { records, lost } = expectAfterRot(bytes, readFileSync(rotten), known, sealed);
  const ids = (some: typeof records) => new Set(some.map(({ id }) => id));
  const [there, told] = [ids(records), ids(lost)];
  return { told, untold: new Set(entries.filter((id) => !there.has(id) && !told.has(id))) };
}

/** Behind the last record; what follows was never written. */
function endOf(bytes: Buffer): number {
  let end = bytes.length;
  while (end > FILE_HEADER.size && bytes[end - 1] === 0) end--;
  return Math.ceil(end / 8) * 8;
}
