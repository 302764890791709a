/** Segments that dead writers have left, in a store that is there or not. */
import { Child } from '../child.js';

const SCRIPT = new URL('./crashing-child.js', import.meta.url);

export interface Leftovers {
  readonly writers: number;
  /** Of all of them. */
  readonly bytes: number;
  /** A segment is sealed when it has become so long. */
  readonly segmentBytes: number;
  readonly kind: 'usual' | 'little';
}

/** Writers fill segments, and are killed. How many entries wait then. */
export async function leaveBehind(
  directory: string,
  { writers, bytes, segmentBytes, kind }: Leftovers,
): Promise<number> {
  let entries = 0;
  for (let n = 0; n < writers; n++) {
    const args = [directory, bytes / writers, segmentBytes, kind];
    const child = new Child(SCRIPT, args.map(String));
    entries += await child.hear<number>();
    await child.kill();
  }
  return entries;
}
