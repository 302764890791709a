/**
 * Ids of entries: 63 bits, made of 41 bits of milliseconds since 2020, 12 of a counter and 10 of the writer's slot.
 *
 * An id stands in four shapes: 13 characters of Crockford's base32 in the API (their order is the order of the ids),
 * an integer in SQLite, eight bytes in a segment, and, where speed counts, two 32-bit halves.
 */

export const ID_EPOCH = Date.UTC(2020, 0, 1);
export const MAX_SLOT = 1023;
export const MAX_COUNTER = 4095;
const ID_LENGTH = 13;

/** An id as two unsigned halves; `high` has 31 bits. */
export interface IdHalves {
  readonly high: number;
  readonly low: number;
}

export interface IdParts {
  /** Epoch milliseconds (of 1970, as everywhere but inside the id). */
  readonly time: number;
  readonly counter: number;
  readonly slot: number;
}

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TWO_CHARACTERS = Array.from({ length: 1024 }, (_, n) => ALPHABET[n >> 5]! + ALPHABET[n & 31]!);
const VALUE = new Map(Array.from(ALPHABET, (character, value) => [character, value]));

export function packId({ time, counter, slot }: IdParts): IdHalves {
  const milliseconds = time - ID_EPOCH;
  return {
    high: Math.floor(milliseconds / 1024),
    low: ((milliseconds % 1024) * 0x40_0000 + counter * 1024 + slot) >>> 0,
  };
}

export function unpackId({ high, low }: IdHalves): IdParts {
  return {
    time: ID_EPOCH + high * 1024 + (low >>> 22),
    counter: (low >>> 10) & MAX_COUNTER,
    slot: low & MAX_SLOT,
  };
}

/** The text of an id: 65 bits' worth of characters, of which the first two bits are always zero. */
export function formatId(high: number, low: number): string {
  return (
    ALPHABET[high >>> 28]! +
    TWO_CHARACTERS[(high >>> 18) & 1023]! +
    TWO_CHARACTERS[(high >>> 8) & 1023]! +
    TWO_CHARACTERS[((high << 2) & 1020) | (low >>> 30)]! +
    TWO_CHARACTERS[(low >>> 20) & 1023]! +
    TWO_CHARACTERS[(low >>> 10) & 1023]! +
    TWO_CHARACTERS[low & 1023]!
  );
}

/** The halves of an id's text, or undefined when the text is none: 13 characters of the alphabet, the first 0 to 7. */
export function parseId(text: string): IdHalves | undefined {
  if (text.length !== ID_LENGTH) return undefined;
  let high = 0;
  let low = 0;
  for (let i = 0; i < ID_LENGTH; i++) {
    const value = VALUE.get(text[i]!);
    if (value === undefined || (i === 0 && value > 7)) return undefined;
    high = high * 32 + (low >>> 27);
    low = ((low << 5) | value) >>> 0;
  }
  return { high, low };
}

export function idToBigInt({ high, low }: IdHalves): bigint {
  return (BigInt(high) << 32n) | BigInt(low);
}

export function idFromBigInt(id: bigint): IdHalves {
  return { high: Number((id >> 32n) & 0x7fff_ffffn), low: Number(id & 0xffff_ffffn) };
}

export function compareIds(a: IdHalves, b: IdHalves): number {
  return a.high - b.high || a.low - b.low;
}
