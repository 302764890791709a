/** `agentlog dump --hex`: what stands in a segment, byte by byte, with a name for each field. */
import { CrcSeed } from '../../../../src/segment/crc.js';
import { readFileHeader } from '../../../../src/segment/file-header.js';
import { FILE_HEADER, RECORD, recordSize } from '../../../../src/segment/layout.js';
import type { SegmentRecord } from '../../../../src/segment/record.js';
import type { Hole, Tail } from '../../../../src/segment/verdict.js';
import type { ExitCode } from '../../definition.js';
import { CliError } from '../../errors.js';
import { counted } from '../../output/numbers.js';
import type { Output, Style } from '../../output/output.js';
import { wrap } from '../../output/text.js';
import type { DumpView } from '../dump-items.js';
import { recordTypeName } from '../record-names.js';
import type { SegmentInput } from '../segment-input.js';
import { describeHole } from '../verdict-report.js';
import type { Field } from './fields.js';
import { fileHeaderFields } from './file-header-fields.js';
import { HexText } from './hex-text.js';
import { nextRecord } from './next-record.js';
import { type FoundRecord, recordAt, recordFields } from './record-fields.js';
import { whereaboutsOf } from './whereabouts.js';

/** Of each field, with `--json`. */
const MOST_JSON_BYTES = 256;

interface HexOptions {
  readonly isJson: boolean;
  /** Fields of any length are shown to their end. */
  readonly isFull: boolean;
}

export class HexView implements DumpView {
  readonly #segment: SegmentInput;
  readonly #output: Output;
  readonly #options: HexOptions;
  readonly #text: HexText;
  readonly #seed: CrcSeed;

  constructor(segment: SegmentInput, output: Output, options: HexOptions) {
    this.#segment = segment;
    this.#output = output;
    this.#options = options;
    this.#text = new HexText(output, segment, options.isFull);
    this.#seed = seedOf(segment);
  }

  async fileHeader(): Promise<void> {
    const fields = fileHeaderFields(this.#segment);
    if (fields.length === 0) await this.#bytes(0, this.#segment.size, 'no room for the header of a file');
    else await this.#fields('header', fields, 'the header of the file');
  }

  async record({ offset }: SegmentRecord): Promise<void> {
    // The scanner's bytes may be of an earlier moment than those that are shown.
    const found = recordAt(this.#segment, offset, this.#seed);
    if (found !== undefined) await this.#record(found, '', false);
  }

  async hole(hole: Hole): Promise<void> {
    // The header of the file has been shown.
    if (hole.cause === 'header') return;
    await this.#remark(`${describeHole(hole)}:`);
    await this.#explore(hole.offset, hole.offset + hole.length, 'lost');
  }

  async tail({ offset, length }: Tail): Promise<void> {
    await this.#remark(`a torn tail of ${counted(length, 'byte')}:`);
    await this.#explore(offset, offset + length, 'torn');
  }

  async unproven(offset: number): Promise<void> {
    await this.#remark(`from ${offset} on it is being written; --at ${offset} shows what stands there now`);
  }

  /** Whatever stands there. */
  async at(offset: number): Promise<ExitCode> {
    const { size, path } = this.#segment;
    if (offset >= size) throw new CliError(`${path} has ${size} bytes, and none at offset ${offset}`);
    const { isDamaged, isRecord, text } = whereaboutsOf(this.#segment, offset);
    if (offset < FILE_HEADER.size) {
      await this.fileHeader();
      return isDamaged ? 3 : 0;
    }
    const found = recordAt(this.#segment, offset, this.#seed);
    if (found !== undefined) await this.#record(found, isRecord ? '' : text, true);
    else {
      const next = nextRecord(this.#segment, offset + 1, size, this.#seed);
      await this.#bytes(offset, (next ?? size) - offset, text);
      await this.#remark(next === undefined ? 'no record follows' : `the next record stands at ${next}:`);
      const following = next === undefined ? undefined : recordAt(this.#segment, next, this.#seed);
      if (following !== undefined) await this.#record(following, '', true);
    }
    return isDamaged ? 3 : 0;
  }

  /** What begins as records do, and the bytes between, where a reader makes no records out. */
  async #explore(from: number, to: number, about: string): Promise<void> {
    let offset = from;
    while (offset < to) {
      const found = recordAt(this.#segment, offset, this.#seed);
      if (found !== undefined) await this.#record(found, about, false);
      const end =
        found === undefined
          ? offset
          : offset + (found.stands ? recordSize(found.record.length) : RECORD.headerSize);
      const next = nextRecord(this.#segment, end, to, this.#seed) ?? to;
      if (next > end) await this.#bytes(end, next - end, 'no record');
      offset = Math.max(end, next);
    }
  }

  async #record(found: FoundRecord, about: string, isAlone: boolean): Promise<void> {
    const { record, stands } = found;
    const { type, id, offset, batch } = record;
    const fields = recordFields(this.#segment, found, this.#seed, isAlone);
    const name = recordTypeName(type) ?? `record of type ${type}`;
    const title = stands ? `${name} ${id}, batch ${batch}` : 'what was a record, with a damaged header';
    await this.#fields('record', fields, `at ${offset}: ${title}${about === '' ? '' : ` (${about})`}`);
  }

  async #fields(kind: string, fields: readonly Field[], title: string): Promise<void> {
    const [first, last] = [fields[0]!, fields.at(-1)!];
    if (this.#options.isJson) {
      const { offset } = first;
      const named = fields.map((field) => this.#fieldJson(field));
      return this.#output.json({ offset, bytes: last.offset + last.size - offset, kind, fields: named });
    }
    await this.#say('bold', title);
    await this.#text.fields(fields);
    await this.#output.line();
  }

  async #bytes(offset: number, bytes: number, about: string): Promise<void> {
    if (this.#options.isJson) {
      const hex = this.#hex(offset, bytes);
      return this.#output.json({ offset, bytes, kind: 'bytes', hex });
    }
    await this.#say('bold', `at ${offset}: ${counted(bytes, 'byte')}, ${about}`);
    await this.#text.bytes(offset, bytes);
    await this.#output.line();
  }

  /** Between what there is; of no use to programs, which see the same in what is listed without `--hex`. */
  async #remark(text: string): Promise<void> {
    if (!this.#options.isJson) await this.#say('yellow', text);
  }

  async #say(style: Style, text: string): Promise<void> {
    for (const line of wrap(text, this.#output.width))
      await this.#output.line(this.#output.style(style, line));
  }

  #fieldJson({ name, offset, size, value, isWrong }: Field) {
    return { name, offset, bytes: size, hex: this.#hex(offset, size), value, wrong: isWrong };
  }

  #hex(offset: number, size: number): string {
    const most = this.#options.isFull ? size : Math.min(size, MOST_JSON_BYTES);
    return this.#segment.bytesAt(offset, most).toString('hex');
  }
}

/** What the checksums go on from: the id that counts for a reader, or, when there is none, what stands where it should. */
function seedOf(segment: SegmentInput): CrcSeed {
  const head = segment.bytesAt(0, FILE_HEADER.size);
  const reading = readFileHeader(head);
  if (segment.name !== undefined) return new CrcSeed(segment.name.segmentId);
  if (reading.kind === 'good') return new CrcSeed(reading.header.segmentId);
  return new CrcSeed(head.subarray(FILE_HEADER.segmentId, FILE_HEADER.segmentId + 16));
}
