/** What an import reads from: entries in an order that stays, so that a later run can go on behind the last one. */
import type { Entry, JsonValue } from '../../../src/entry.js';

export interface Source {
  /** Which source this is, whatever is read from it: the same in each run. */
  readonly key: string;
  /** For people. */
  readonly name: string;
  /** How its fields become those of entries: what was read by another mapping is not read again by this one. */
  readonly mapping: string;
  /** What `Piece.done` reaches. */
  readonly size: number;
  /** Behind a position that an earlier run reached; from the beginning without one. Throws when it is another source now. */
  pieces(from: JsonValue | undefined): Generator<Piece, void, void>;
  /** For people, of a number in a piece. */
  place(number: number | bigint): string;
}

export interface Piece {
  readonly entries: readonly Entry[];
  /** Which row or line each of them was. */
  readonly numbers: readonly (number | bigint)[];
  readonly problems: readonly Problem[];
  /** Behind all of it. */
  readonly position: JsonValue;
  /** Of all that was read for it, about: also of what is beside the texts, and of what could not be taken. */
  readonly bytes: number;
  readonly done: number;
}

/** What could not be taken. */
export interface Problem {
  readonly where: string;
  readonly what: string;
  /** How many entries are left out for it; null when nobody knows. */
  readonly entries: number | null;
}
