/** Finding where the zeros of unwritten space begin. */

const BLOCK = Buffer.alloc(4096);

/** The place of the last byte from `start` on that is not zero, or -1. */
export function lastNonZero(bytes: Buffer, start: number): number {
  let end = bytes.length;
  while (
    end - start >= BLOCK.length &&
    bytes.compare(BLOCK, 0, BLOCK.length, end - BLOCK.length, end) === 0
  ) {
    end -= BLOCK.length;
  }
  for (let i = end - 1; i >= start; i--) {
    if (bytes[i] !== 0) return i;
  }
  return -1;
}
