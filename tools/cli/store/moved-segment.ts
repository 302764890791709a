/** Where a segment is now that was sealed, or moved away as it had become rows, since its name was read. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseSegmentName } from '../../../src/segment/segment-name.js';

/** Undefined when it is nowhere. */
export function movedTo(path: string): string | undefined {
  const name = basename(path);
  if (parseSegmentName(name) === undefined) return undefined;
  const directory = dirname(path);
  const sealed = name.replace(/open$/, 'sealed');
  return [directory, join(directory, '../archive'), join(directory, '../quarantine')]
    .flatMap((place) => [join(place, sealed), join(place, name)])
    .find((candidate) => existsSync(candidate));
}
