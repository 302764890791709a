/** Strings by their bytes: a small direct-mapped cache for texts that come again and again. */

const SLOTS = 1024;
/** Longer texts are hardly names; looking them up would cost what it saves. */
const LONGEST = 64;

export class NameCache {
  readonly #bytes: (Uint8Array | undefined)[] = new Array(SLOTS).fill(undefined);
  readonly #texts: string[] = new Array(SLOTS).fill('');

  get(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    if (length > LONGEST) return bytes.toString('utf8', start, end);
    let hash = length;
    for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + bytes[i]!) | 0;
    const slot = (hash ^ (hash >>> 10)) & (SLOTS - 1);
    const known = this.#bytes[slot];
    if (known !== undefined && known.length === length && sameBytes(known, bytes, start)) {
      return this.#texts[slot]!;
    }
    const text = bytes.toString('utf8', start, end);
    this.#bytes[slot] = new Uint8Array(bytes.subarray(start, end));
    this.#texts[slot] = text;
    return text;
  }
}

function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < known.length; i++) {
    if (known[i] !== bytes[start + i]) return false;
  }
  return true;
}
