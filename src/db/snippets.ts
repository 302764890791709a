/**
 * The parts of texts that show what was found in them. FTS5's own snippets take a time that grows with the square of how
 * often something is found; so texts are cut into pieces, and the first piece in which something is found is shown.
 */
import type { Connection, Statement } from './better-sqlite3.js';
import { anyOf } from './match-expression.js';

export interface Snippet {
  readonly text: string;
  /** Where in `text` something was found, one after the other: as for `slice`. */
  readonly matches: readonly Match[];
}

type Match = readonly [start: number, end: number];

interface Piece {
  readonly text: string;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

const PIECE_CHARACTERS = 1000;
/** What may be found across the edge of a piece is found in the next one. */
const OVERLAP = 200;
const MOST_CHARACTERS = 300;
const BEFORE_FIRST_MATCH = 100;

/** Bytes that no UTF-8 has, before and behind each match. */
const BEFORE = 0xfe;
const BEHIND = 0xff;

export class Snippets {
  readonly #any: string;
  readonly #insert: Statement;
  readonly #find: Statement;
  /** By their row ids. */
  readonly #pieces: Piece[] = [];
  /** The first piece of each text. */
  readonly #first: number[] = [];

  constructor(db: Connection, phrases: readonly string[]) {
    this.#any = anyOf(phrases);
    db.exec('CREATE VIRTUAL TABLE pieces USING fts5 (text)');
    this.#insert = db.prepare('INSERT INTO pieces (rowid, text) VALUES (?, ?)');
    this.#find = db
      .prepare(`
        SELECT rowid, CAST(highlight(pieces, 0, CAST(x'fe' AS TEXT), CAST(x'ff' AS TEXT)) AS BLOB)
        FROM pieces WHERE pieces MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid LIMIT 1`)
      .raw();
  }

  /** The texts are numbered from 0 on. */
  add(n: number, text: string): void {
    this.#first[n] = this.#pieces.length;
    for (const piece of piecesOf(text)) {
      // A NUL would end what highlight puts out; for words it is a sign like any other.
      this.#insert.run(this.#pieces.length, piece.text.replaceAll('\0', ' '));
      this.#pieces.push(piece);
    }
  }

  of(n: number): Snippet {
    const first = this.#first[n]!;
    const end = this.#first[n + 1] ?? this.#pieces.length;
    const found = this.#find.get(this.#any, first, end) as [number, Buffer] | undefined;
    // It may stand across the edges of pieces.
    return found === undefined
      ? cut(this.#pieces[first]!, [])
      : cut(this.#pieces[found[0]]!, matchesIn(found[1]));
  }
}

function* piecesOf(text: string): Generator<Piece> {
  for (let from = 0; ; ) {
    const to = from + PIECE_CHARACTERS >= text.length ? text.length : edge(text, from + PIECE_CHARACTERS);
    yield { text: text.slice(from, to), isFirst: from === 0, isLast: to === text.length };
    if (to === text.length) return;
    from = edge(text, to - OVERLAP);
  }
}

/** Near before `at`: not within a word, if that can be. */
function edge(text: string, at: number): number {
  const before = text.slice(at - OVERLAP, at);
  const word = /[\p{L}\p{N}\p{M}\p{Co}\p{Cs}]*$/u.exec(before)![0];
  return word.length < before.length ? at - word.length : boundary(text, at);
}

function matchesIn(highlighted: Buffer): Match[] {
  const matches: Match[] = [];
  let length = 0;
  for (let at = 0; ; ) {
    const begin = highlighted.indexOf(BEFORE, at);
    if (begin === -1) return matches;
    const end = highlighted.indexOf(BEHIND, begin);
    const start = length + highlighted.toString('utf8', at, begin).length;
    length = start + highlighted.toString('utf8', begin + 1, end).length;
    matches.push([start, length]);
    at = end + 1;
  }
}

function cut({ text, isFirst, isLast }: Piece, matches: readonly Match[]): Snippet {
  const wanted = Math.min((matches[0]?.[0] ?? 0) - BEFORE_FIRST_MATCH, text.length - MOST_CHARACTERS);
  const from = boundary(text, Math.max(0, wanted));
  const to = boundary(text, Math.min(text.length, from + MOST_CHARACTERS));
  const begin = isFirst && from === 0 ? '' : '…';
  const end = isLast && to === text.length ? '' : '…';
  const moved = (at: number) => Math.min(at, to) - from + begin.length;
  return {
    text: begin + text.slice(from, to) + end,
    matches: matches.filter(([start]) => start < to).map((match) => [moved(match[0]), moved(match[1])]),
  };
}

/** Not between the two halves of a character. */
function boundary(text: string, at: number): number {
  return /[\udc00-\udfff]/.test(text.charAt(at)) ? at - 1 : at;
}
