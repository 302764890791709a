/** Bytes of a segment with a name. */
export interface Field {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** What they mean; of texts, the bytes themselves are shown. */
  readonly value?: string;
  /** They are not what they should be. */
  readonly isWrong?: boolean;
}

function hexNumber(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`;
}

/** A checksum as it is stored, and as it should be; undefined when its length cannot be believed. */
export function checksumField(
  name: string,
  offset: number,
  stored: number,
  computed: number | undefined,
): Field {
  const field = { name, offset, size: 4 };
  if (computed === undefined) return { ...field, value: `${hexNumber(stored)} stored, not computed` };
  const isWrong = stored >>> 0 !== computed >>> 0;
  const value = isWrong
    ? `${hexNumber(stored)} stored, ${hexNumber(computed)} computed: WRONG`
    : `${hexNumber(stored)} stored and computed`;
  return { ...field, value, isWrong };
}
