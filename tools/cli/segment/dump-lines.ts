/** What stands in a segment, a line each, for people. */
import { formatId } from '../../../src/entry-id.js';
import { MAX_JSON_DEPTH } from '../../../src/json-text.js';
import { decodeCut, decodeDelete, decodeSeal } from '../../../src/segment/control-payload.js';
import { decodeTexts } from '../../../src/segment/entry-payload.js';
import { RECORD_TYPE } from '../../../src/segment/layout.js';
import type { SegmentRecord } from '../../../src/segment/record.js';
import { segmentIdOf } from '../../../src/segment/segment-name.js';
import type { Hole, Tail } from '../../../src/segment/verdict.js';
import { clock, counted, time } from '../output/numbers.js';
import type { Output, Style } from '../output/output.js';
import { cut, linesOf, oneLine, pad, wrap } from '../output/text.js';
import type { DumpView } from './dump-items.js';
import { recordTypeName } from './record-names.js';
import { describeHole } from './verdict-report.js';

const ID_COLUMNS = 13;
const BATCH_COLUMNS = 5;
/** From here on there is room for the day. */
const WIDE = 120;
const MOST_IDS = 3;
const INDENT = '    ';

export class LinesView implements DumpView {
  readonly #output: Output;
  readonly #showsPayload: boolean;
  readonly #offsetColumns: number;
  readonly #isWide: boolean;
  readonly #typeColumns: number;
  readonly #taskColumns: number;
  readonly #gap: string;

  constructor(output: Output, fileBytes: number, showsPayload: boolean) {
    this.#output = output;
    this.#showsPayload = showsPayload;
    this.#offsetColumns = Math.max('OFFSET'.length, String(fileBytes).length);
    this.#isWide = output.width >= WIDE;
    [this.#typeColumns, this.#taskColumns] = this.#isWide ? [14, 16] : [9, 9];
    this.#gap = this.#isWide ? '  ' : ' ';
  }

  head(): Promise<void> | undefined {
    const when = this.#isWide ? pad('TIME', 23) : pad('TIME', 12);
    const row = this.#row('OFFSET', 'ID', 'BATCH', 'TYPE', 'TASK', when, 'TEXT');
    return this.#output.line(this.#output.style('dim', row));
  }

  record(record: SegmentRecord): Promise<void> | undefined {
    const { offset, id, batch, type, bytes, payloadStart, payloadEnd } = record;
    const texts = type === RECORD_TYPE.entry ? decodeTexts(bytes, payloadStart, payloadEnd) : undefined;
    if (texts === undefined) {
      const name = `(${recordTypeName(type) ?? type})`;
      const row = this.#row(
        `${offset}`,
        id,
        `${batch}`,
        name,
        '',
        this.#when(undefined),
        aboutControl(record),
      );
      return this.#output.line(this.#output.style('dim', row));
    }
    const { taskId, type: entryType, timestamp, text, detail } = texts;
    const task = oneLine(taskId);
    const row = this.#row(`${offset}`, id, `${batch}`, oneLine(entryType), task, this.#when(timestamp), text);
    return this.#output.print(this.#showsPayload ? `${row}\n${this.#payload(text, detail)}` : `${row}\n`);
  }

  nothing(): void {
    this.#output.note('No record was found.');
  }

  hole(hole: Hole): Promise<void> | undefined {
    return this.#remark('red', hole.offset, describeHole(hole));
  }

  tail({ offset, length, records }: Tail): Promise<void> | undefined {
    const whole = records === 0 ? '' : `, with ${counted(records, 'whole record')} in it`;
    return this.#remark(
      'yellow',
      offset,
      `torn tail: ${counted(length, 'byte')} of an unfinished batch${whole}`,
    );
  }

  unproven(offset: number): Promise<void> | undefined {
    return this.#remark('cyan', offset, 'being written: what stands here is not proven yet');
  }

  #row(
    offset: string,
    id: string,
    batch: string,
    type: string,
    task: string,
    when: string,
    text: string,
  ): string {
    const gap = this.#gap;
    const left =
      offset.padStart(this.#offsetColumns) +
      gap +
      id.padEnd(ID_COLUMNS) +
      gap +
      batch.padStart(BATCH_COLUMNS) +
      gap +
      this.#fitted(type, this.#typeColumns) +
      gap +
      this.#fitted(task, this.#taskColumns) +
      gap +
      when +
      gap;
    const room = this.#output.width - left.length;
    return (left + this.#text(text, room)).trimEnd();
  }

  /** In a pipe, all of it, since somebody may look for it. */
  #fitted(name: string, columns: number): string {
    return pad(
      cut(name, this.#output.width === Number.POSITIVE_INFINITY ? name.length * 2 : columns),
      columns,
    );
  }

  #text(text: string, room: number): string {
    if (room === Number.POSITIVE_INFINITY) return oneLine(text);
    // Of a long text only the beginning is looked at.
    return cut(oneLine(text.slice(0, Math.max(0, room) * 8 + 64)), room);
  }

  #when(timestamp: number | undefined): string {
    if (timestamp === undefined) return ' '.repeat(this.#isWide ? 23 : 12);
    if (this.#isWide) return time(timestamp).padEnd(23);
    const date = new Date(timestamp);
    return Number.isNaN(date.getTime()) ? '?'.padEnd(12) : clock(date);
  }

  #payload(text: string, detail: string | undefined): string {
    const columns = this.#output.width - INDENT.length;
    const block = (of: string, style?: Style) =>
      linesOf(of)
        .flatMap((line) => wrap(line, columns))
        .map((line) => `${INDENT}${style === undefined ? line : this.#output.style(style, line)}`.trimEnd())
        .map((line) => `${line}\n`)
        .join('');
    const texts = text === '' ? '' : block(text);
    return detail === undefined ? texts : texts + block(indented(detail), 'cyan');
  }

  #remark(style: Style, offset: number, text: string): Promise<void> | undefined {
    const columns = this.#output.width - this.#offsetColumns - 2;
    const lines = wrap(text, columns)
      .map((line, i) => `${`${i === 0 ? offset : ''}`.padStart(this.#offsetColumns)}  ${line}`)
      .map((line) => `${this.#output.style(style, line)}\n`);
    return this.#output.print(lines.join(''));
  }
}

/** As it stands when it cannot be indented, or is so deep that the spaces alone would fill the memory. */
function indented(detail: string): string {
  let [depth, deepest] = [0, 0];
  for (const [bracket] of detail.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  if (deepest > MAX_JSON_DEPTH) return detail;
  try {
    return JSON.stringify(JSON.parse(detail), null, 2);
  } catch {
    return detail;
  }
}

function aboutControl({ type, bytes, payloadStart, payloadEnd }: SegmentRecord): string {
  const payload = bytes.subarray(payloadStart, payloadEnd);
  switch (type) {
    case RECORD_TYPE.entry:
      return 'its payload is no entry';
    case RECORD_TYPE.mark:
      return '';
    case RECORD_TYPE.seal: {
      const seal = decodeSeal(payload);
      return seal === undefined ? '?' : `${counted(seal.records, 'record')}, ${seal.entries} of them entries`;
    }
    case RECORD_TYPE.cut: {
      const found = decodeCut(payload);
      return found === undefined ? '?' : `${segmentIdOf(found)} ends with batch ${found.lastBatch}`;
    }
    case RECORD_TYPE.delete: {
      const deletion = decodeDelete(payload);
      if (deletion === undefined) return '?';
      const { taskId, upTo, before } = deletion;
      const ids = upTo.slice(0, MOST_IDS).map(({ high, low }) => formatId(high, low));
      const more = upTo.length > MOST_IDS ? ` and ${upTo.length - MOST_IDS} more` : '';
      const when = before === null ? '' : `, from before ${time(before)}`;
      return `${taskId === null ? 'all tasks' : oneLine(taskId)} up to ${ids.join(', ')}${more}${when}`;
    }
    default:
      return counted(payload.length, 'byte');
  }
}
