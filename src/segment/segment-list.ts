/** Which segments there are. */
import { join } from 'node:path';
import { parseSegmentName, type SegmentName } from './segment-name.js';
import { call, type Steps } from './steps.js';

export interface SegmentFile {
  readonly path: string;
  readonly name: SegmentName;
}

/** In the order of slots, and of a slot in the order in which they were written. */
export function* listSegments(directory: string): Steps<SegmentFile[]> {
  // A list that is taken while a file is renamed may show neither name; of two lists one shows it.
  const files = new Set<string>();
  for (let i = 0; i < 2; i++) {
    for (const file of yield* call('readdir', directory)) files.add(file);
  }
  const found = new Map<string, SegmentFile>();
  // "open" comes before "sealed", so of both names that of the sealed file stays.
  for (const file of [...files].sort()) {
    const name = parseSegmentName(file);
    if (name !== undefined)
      found.set(file.slice(0, file.indexOf('.')), { path: join(directory, file), name });
  }
  return [...found.values()];
}

/** Files of segments that were being made: not yet renamed, so nothing in them was acknowledged. */
export function* listUnfinished(directory: string): Steps<string[]> {
  const files = yield* call('readdir', directory);
  return files.filter((file) => file.endsWith('.new')).map((file) => join(directory, file));
}
