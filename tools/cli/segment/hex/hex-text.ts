/** Bytes as hexadecimal digits, with what they mean beside them. */
import type { Output } from '../../output/output.js';
import { pad, wrap } from '../../output/text.js';
import type { SegmentInput } from '../segment-input.js';
import type { Field } from './fields.js';

const NAME_COLUMNS = 15;
/** From here on sixteen bytes have room in a line. */
const WIDE = 120;
/** Of a text, or of bytes in which nothing stands, unless all is wanted. */
const MOST_BYTES = 256;
const READ_ROWS = 4096;

export class HexText {
  readonly #output: Output;
  readonly #segment: SegmentInput;
  readonly #most: number;
  readonly #rowBytes: number;
  readonly #offsetColumns: number;

  constructor(output: Output, segment: SegmentInput, isFull: boolean) {
    this.#output = output;
    this.#segment = segment;
    this.#most = isFull ? Number.POSITIVE_INFINITY : MOST_BYTES;
    this.#rowBytes = output.width >= WIDE ? 16 : 8;
    this.#offsetColumns = Math.max(6, String(segment.size).length);
  }

  async fields(fields: readonly Field[]): Promise<void> {
    for (const field of fields) {
      if (field.value === undefined) await this.#bytes(field.offset, field.size, field.name);
      else await this.#meaning(field, field.value);
    }
  }

  /** In which no record stands. */
  bytes(offset: number, size: number): Promise<void> | undefined {
    return this.#bytes(offset, size, '');
  }

  async #meaning({ name, offset, size, isWrong }: Field, value: string): Promise<void> {
    const bytes = this.#segment.bytesAt(offset, Math.min(size, this.#most));
    const left = this.#offsetColumns + 2 + this.#hexColumns + 2 + NAME_COLUMNS + 1;
    const lines = wrap(value, this.#output.width - left);
    const rows = Math.max(1, Math.ceil(bytes.length / this.#rowBytes));
    for (let row = 0; row < Math.max(rows, lines.length); row++) {
      const text = isWrong === true ? this.#output.style('red', lines[row] ?? '') : (lines[row] ?? '');
      const from = row * this.#rowBytes;
      const part = bytes.subarray(from, from + this.#rowBytes);
      await this.#row(part.length > 0 ? `${offset + from}` : '', part, row === 0 ? name : '', text);
    }
    if (size > bytes.length) await this.#more(size - bytes.length, offset + bytes.length);
  }

  async #bytes(offset: number, size: number, name: string): Promise<void> {
    const end = offset + Math.min(size, this.#most);
    const piece = READ_ROWS * this.#rowBytes;
    for (let at = offset; at < end; at += piece) {
      const bytes = this.#segment.bytesAt(at, Math.min(piece, end - at));
      for (let from = 0; from < bytes.length; from += this.#rowBytes) {
        const row = bytes.subarray(from, from + this.#rowBytes);
        await this.#row(`${at + from}`, row, at + from === offset ? name : '', `|${ascii(row)}|`);
      }
    }
    if (offset + size > end) await this.#more(offset + size - end, end);
  }

  #more(bytes: number, offset: number): Promise<void> | undefined {
    const text = `… ${bytes} more; --payload shows all, --at ${offset} goes on`;
    return this.#output.line(this.#output.style('dim', ' '.repeat(this.#offsetColumns + 2) + text));
  }

  #row(offset: string, bytes: Buffer, name: string, text: string): Promise<void> | undefined {
    const digits = bytes.toString('hex').replace(/..(?!$)/g, '$& ');
    const place = this.#output.style('dim', offset.padStart(this.#offsetColumns));
    const named = this.#output.style('cyan', pad(name, NAME_COLUMNS));
    return this.#output.line(`${place}  ${digits.padEnd(this.#hexColumns)}  ${named} ${text}`.trimEnd());
  }

  get #hexColumns(): number {
    return this.#rowBytes * 3 - 1;
  }
}

function ascii(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[^\x20-\x7e]/g, '.');
}
