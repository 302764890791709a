/**
 * The rules by which a segment is judged, as tables: a row for every case, and nothing decided anywhere else.
 *
 * The one fact that they rest on: batch b+1 is begun only after the sync of batch b has succeeded. So a frame of a
 * later batch proves that all of b was on disk, and what is missing there was lost later: damage. Only the last batch
 * may be incomplete without anything being wrong.
 */

/** What is known from outside about who may still write to the file. */
export type Writer =
  /** Its lock is held: the file grows. */
  | 'live'
  /** Nobody holds its lock; it was never sealed. */
  | 'gone'
  /** Its name says sealed: it was renamed after the seal was on disk. */
  | 'sealed'
  /** Its writer gave it up, and a cut in a later segment says after which batch it ends. */
  | 'cut';

/** What stands at a place where the CRC of a record's header is good; where it is not, no record stands. */
export const FRAME = {
  'batch fits, payload good': 'record',
  'batch fits, payload rotten': 'lost record',
  'batch does not fit': 'no record',
} as const;

/** What to do about the beginning of the file; the name of the file may say what its header no longer can. */
export const HEADER = {
  good: { named: 'read', nameless: 'read' },
  // A good header, but not of the segment that the name tells: the remains of another, and so must its records be.
  "another's": { named: 'damage, but read', nameless: 'read' },
  unsupported: { named: 'unsupported', nameless: 'unsupported' },
  unreadable: { named: 'damage, but read', nameless: 'unreadable' },
} as const;

/**
 * What a hole in a proven batch is. One that is not proven is part of the last batch, or of what lies behind it.
 * A live file may have been read while the writer was writing right there. Only a read that began after the last batch
 * that the hole may reach into had been proven shows what is really on disk.
 */
export const HOLE = {
  'live, read before the proof': 'read again',
  'live, read after the proof': 'damage',
  'not live': 'damage',
} as const;

/** What the last batch looks like when nothing proves it. */
export type LastBatch =
  /** There is none: the last batch with a record is proven and has its end. */
  | 'none'
  /** Only the mark that opened it. */
  | 'only its mark'
  /** From its first record, a mark or right behind a good end of a batch, to its last, without a hole. */
  | 'whole'
  /** Its end is there, but something before it is not. */
  | 'has a hole'
  /** Its end is not there. */
  | 'has no end';

/** What the end of the bytes means when no seal was met. */
export const END: Record<Writer, Record<LastBatch, 'wait' | 'whole' | 'count it' | 'torn' | 'damage'>> = {
  live: {
    none: 'wait',
    'only its mark': 'wait',
    whole: 'wait',
    'has a hole': 'wait',
    'has no end': 'wait',
  },
  gone: {
    none: 'whole',
    'only its mark': 'whole',
    whole: 'count it',
    'has a hole': 'torn',
    'has no end': 'torn',
  },
  // The seal is missing, whatever else is there.
  sealed: {
    none: 'damage',
    'only its mark': 'damage',
    whole: 'damage',
    'has a hole': 'damage',
    'has no end': 'damage',
  },
  // "None" means here that the last batch before the cut was reached, with its end.
  cut: {
    none: 'whole',
    'only its mark': 'damage',
    whole: 'damage',
    'has a hole': 'damage',
    'has no end': 'damage',
  },
};

/** A place in a segment where what was acknowledged can no longer be read. */
export interface Hole {
  readonly kind: 'hole';
  readonly cause:
    | 'header' // the file's header
    | 'bytes' // no record can be made out
    | 'payload' // a record's header is good, its payload is not
    | 'end'; // the file ends before its end
  readonly offset: number;
  readonly length: number;
  /** The record that was lost, where its header can still be read. */
  readonly lost: Neighbour | null;
  /** The last record before the hole. */
  readonly before: Neighbour | null;
  /** The first record after the hole; null for a lost payload, whose own header says enough. */
  readonly after: Neighbour | null;
}

/** A record beside a hole. */
export interface Neighbour {
  readonly id: string;
  readonly batch: number;
}

/** The end of a segment that was being written when its writer died: never acknowledged, never returned. */
export interface Tail {
  readonly offset: number;
  readonly length: number;
  /** Records in it that are whole by themselves. */
  readonly records: number;
}

type VerdictKind =
  | 'live'
  | 'sealed'
  | 'cut'
  | 'recovered'
  | 'torn'
  | 'damaged'
  | 'unreadable'
  | 'unsupported';

/** What a scan has handed out. */
export interface Tally {
  /** Batches that count. */
  readonly batches: number;
  /** Records that count, those of all types. */
  readonly records: number;
  readonly entries: number;
  /** Where the last record that counts ends. */
  readonly end: number;
  /** The first damages, at most MAX_LISTED_HOLES. */
  readonly holes: readonly Hole[];
  readonly holeCount: number;
  readonly holeBytes: number;
  /** Entries that the seal counted and the scan did not find; null without a readable seal. */
  readonly missing: number | null;
}

export interface Verdict extends Tally {
  readonly kind: VerdictKind;
  /** For people. */
  readonly reason: string;
  readonly tail: Tail | null;
}

export const MAX_LISTED_HOLES = 1000;

/** How a scan came to its end. */
export type Ending = 'live' | 'sealed' | 'cut' | 'gone' | 'unreadable' | 'unsupported';

/** `about` says why a file is unreadable or unsupported. */
export function conclude(ending: Ending, tally: Tally, tail: Tail | null, about: string): Verdict {
  const kind = kindOf(ending, tally, tail);
  return { kind, reason: reasonOf(kind, tally, tail, about), ...tally, tail };
}

export function holeOf(
  cause: Hole['cause'],
  offset: number,
  length: number,
  around: Partial<Hole> = {},
): Hole {
  return { kind: 'hole', cause, offset, length, lost: null, before: null, after: null, ...around };
}

function kindOf(ending: Ending, { holeCount, missing }: Tally, tail: Tail | null): VerdictKind {
  if (ending === 'unsupported' || ending === 'unreadable') return ending;
  if (holeCount > 0 || (missing !== null && missing > 0)) return 'damaged';
  if (ending !== 'gone') return ending;
  return tail === null ? 'recovered' : 'torn';
}

function reasonOf(kind: VerdictKind, tally: Tally, tail: Tail | null, about: string): string {
  const { batches, entries, end, holes, holeCount, holeBytes, missing } = tally;
  const held = `${count(entries, 'entry', 'entries')} in ${count(batches, 'batch', 'batches')}`;
  const torn =
    tail === null
      ? ''
      : `the last ${count(tail.length, 'byte', 'bytes')}, from offset ${tail.offset}, are an unfinished batch`;
  switch (kind) {
    case 'unsupported':
    case 'unreadable':
      return about;
    case 'damaged': {
      const lost = missing === null ? '' : `, ${count(missing, 'entry', 'entries')} missing`;
      const first = holes[0] === undefined ? '' : `, the first at offset ${holes[0].offset}`;
      const where = `${count(holeCount, 'hole', 'holes')} (${count(holeBytes, 'byte', 'bytes')}) in what was acknowledged${first}`;
      return `${where}${lost}; ${held} are good${torn && `; ${torn}`}`;
    }
    case 'live':
      return `being written; ${held} are proven, up to offset ${end}`;
    case 'sealed':
      return `sealed and intact: ${held}`;
    case 'cut':
      return `intact up to the cut: ${held}`;
    case 'recovered':
      return `not sealed, but whole: ${held}, up to offset ${end}`;
    case 'torn':
      return `${held} are good; ${torn}`;
  }
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}
