/** A file of JSON lines as a source. Its position is a number of bytes, with a checksum of all of them. */
import { isUtf8 } from 'node:buffer';
import { createHash, type Hash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import type { Entry, JsonValue } from '../../../src/entry.js';
import { CliError } from '../errors.js';
import { count } from '../output/numbers.js';
import { EntryMaker, Refusal, spelt } from './entry-maker.js';
import { parseExactly } from './exact-numbers.js';
import { type Mapping, mappingText } from './mapping.js';
import type { Piece, Problem, Source } from './source.js';
import { type LineBytes, LineFile } from './whole-lines.js';

interface Position {
  readonly bytes: number;
  readonly lines: number;
  readonly sha256: string;
}

export interface LinesOptions {
  readonly mapping: Mapping;
  /** The task of lines that name none. */
  readonly taskId?: string;
  /** Is told of a last line that nobody has finished yet. */
  readonly onUnfinished: (where: string) => void;
}

/** A surrogate that is spelt out may be half of one, which a store does not keep. */
const SPELT_SURROGATE = /\\u[dD][89a-fA-F]/;
const BYTE_ORDER_MARK = '\ufeff';

export class JsonLines implements Source {
  readonly key: string;
  readonly name: string;
  readonly mapping: string;
  readonly size: number;
  readonly #path: string;
  readonly #options: LinesOptions;
  readonly #maker: EntryMaker;

  constructor(path: string, size: number, options: LinesOptions) {
    this.#path = realpathSync(path);
    this.key = `jsonl ${this.#path}`;
    this.name = path;
    this.mapping = mappingText(options.mapping);
    this.size = size;
    this.#options = options;
    this.#maker = new EntryMaker(options.mapping, {
      jsonOf: (value) => value as JsonValue,
      taskId: options.taskId,
      omitsNull: options.mapping.form === 'fusion',
    });
  }

  *pieces(from: JsonValue | undefined): Generator<Piece, void, void> {
    const file = new LineFile(this.#path);
    try {
      const hash = createHash('sha256');
      const begun = this.#check(file, hash, from as unknown as Position | undefined);
      let { lines } = begun;
      let isInLine = false;
      for (const some of file.from(begun.bytes)) {
        hash.update(some.bytes);
        isInLine = some.kind === 'part';
        const piece = this.#piece(some, lines, hash);
        if (piece === undefined) continue;
        lines = (piece.position as unknown as Position).lines;
        yield piece;
      }
      if (isInLine) this.#options.onUnfinished(this.place(lines + 1));
    } finally {
      file.close();
    }
  }

  place(number: number | bigint): string {
    return `${this.name}:${number}`;
  }

  /** That the part which was read is what it was. */
  #check(file: LineFile, hash: Hash, from: Position | undefined): Pick<Position, 'bytes' | 'lines'> {
    if (from === undefined) return { bytes: 0, lines: 0 };
    const isThere = file.eachBefore(from.bytes, (bytes) => hash.update(bytes));
    if (isThere && hash.copy().digest('hex') === from.sha256) return from;
    throw new CliError(
      `the first ${count(from.bytes)} bytes of ${this.name} were imported, and they are not what they were: it is another file, or was rewritten. What is new in it cannot be told; import all of it into another store`,
    );
  }

  /** Undefined where there is no end of a line, and for a line that somebody may still be writing. */
  #piece({ kind, bytes, end }: LineBytes, before: number, hash: Hash): Piece | undefined {
    if (kind === 'part') return undefined;
    const text = bytes.toString();
    const lines = kind === 'rest' ? [] : text.split('\n');
    // Behind the last newline there is nothing.
    if (kind === 'lines') lines.pop();
    const entries: Entry[] = [];
    const numbers: number[] = [];
    const problems: Problem[] = [];
    const isText = kind === 'rest' || isUtf8(bytes);
    let number = before;
    for (const line of lines) {
      number++;
      if (line.trim() === '') continue;
      try {
        const record = recordOf(number === 1 && line.startsWith(BYTE_ORDER_MARK) ? line.slice(1) : line);
        const isChanged = (!isText && line.includes('\ufffd')) || hasHalfCharacter(line, record);
        entries.push(this.#maker.make(record));
        numbers.push(number);
        if (isChanged)
          problems.push(this.#problem(number, 'it has what is no character, which became U+FFFD', 0));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (kind === 'open' && error instanceof Malformed) {
          this.#options.onUnfinished(this.place(number));
          return undefined;
        }
        problems.push(this.#problem(number, error.message, 1));
      }
    }
    if (kind === 'rest') problems.push(this.#problem(++number, 'it is too long for an entry', 1));
    // What is written behind an object without a newline belongs to the same line.
    const position = {
      bytes: end,
      lines: kind === 'open' ? before : number,
      sha256: hash.copy().digest('hex'),
    };
    return { entries, numbers, problems, position, bytes: bytes.length, done: end };
  }

  #problem(line: number, what: string, entries: number): Problem {
    return { where: this.place(line), what, entries };
  }
}

/** The line is no JSON: part of one, maybe. */
class Malformed extends Refusal {}

function recordOf(line: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseExactly(line);
  } catch {
    throw new Malformed('it is no JSON');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  // A number may have further digits.
  throw new Malformed('it is no JSON object');
}

function hasHalfCharacter(line: string, record: unknown): boolean {
  return SPELT_SURROGATE.test(line) && SPELT_SURROGATE.test(spelt(record));
}
