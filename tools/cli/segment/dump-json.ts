/** What stands in a segment, as lines of JSON. */
import { formatId } from '../../../src/entry-id.js';
import { printable } from '../../../src/printable.js';
import { decodeCut, decodeDelete, decodeSeal } from '../../../src/segment/control-payload.js';
import { decodeTexts } from '../../../src/segment/entry-payload.js';
import { RECORD_TYPE } from '../../../src/segment/layout.js';
import type { SegmentRecord } from '../../../src/segment/record.js';
import { segmentIdOf } from '../../../src/segment/segment-name.js';
import type { Hole, Tail } from '../../../src/segment/verdict.js';
import type { Output } from '../output/output.js';
import type { DumpView } from './dump-items.js';
import { flagNames, recordTypeName } from './record-names.js';

export class JsonView implements DumpView {
  readonly #output: Output;

  constructor(output: Output) {
    this.#output = output;
  }

  record(record: SegmentRecord): Promise<void> {
    return this.#output.line(recordJson(record));
  }

  hole({ offset, length, cause, lost }: Hole): Promise<void> {
    const place = { offset, bytes: length };
    return this.#output.json(
      lost === null ? { ...place, kind: 'hole', cause } : { ...place, kind: 'lost', cause, lost: lost.id },
    );
  }

  tail({ offset, length }: Tail): Promise<void> {
    return this.#output.json({ offset, bytes: length, kind: 'tail' });
  }

  /** It is no record yet. */
  async unproven(): Promise<void> {}
}

function recordJson(record: SegmentRecord): string {
  const { offset, end, id, batch, flags, type, bytes, payloadStart, payloadEnd } = record;
  const kind = 'record';
  const name = recordTypeName(type) ?? type;
  const head = { offset, bytes: end - offset, kind, record: name, id, batch, flags: flagNames(flags) };
  if (type !== RECORD_TYPE.entry) return printable(JSON.stringify({ ...head, ...controlOf(record) }));
  const texts = decodeTexts(bytes, payloadStart, payloadEnd);
  if (texts === undefined) return JSON.stringify(head);
  const { detail, taskId, type: entryType, agent, timestamp, text } = texts;
  const line = JSON.stringify({ ...head, taskId, type: entryType, agent, timestamp, text });
  // Where JSON has such a character, it is within a text, and its spelling means the same.
  return printable(detail === undefined ? line : `${line.slice(0, -1)},"detail":${detailJson(detail)}}`);
}

/** As it was written, since to read it and to write it again would change numbers, and could be too deep. */
function detailJson(detail: string): string {
  try {
    JSON.parse(detail);
  } catch {
    return JSON.stringify(detail);
  }
  // Ends of lines can only stand between values.
  return detail.replace(/[\r\n]/g, ' ');
}

function controlOf({ type, bytes, payloadStart, payloadEnd }: SegmentRecord): {
  payload?: object | undefined;
} {
  const payload = bytes.subarray(payloadStart, payloadEnd);
  if (type === RECORD_TYPE.seal) return { payload: decodeSeal(payload) };
  if (type === RECORD_TYPE.cut) {
    const cut = decodeCut(payload);
    return cut === undefined ? {} : { payload: { segmentId: segmentIdOf(cut), lastBatch: cut.lastBatch } };
  }
  if (type !== RECORD_TYPE.delete) return {};
  const deletion = decodeDelete(payload);
  if (deletion === undefined) return {};
  return { payload: { ...deletion, upTo: deletion.upTo.map(({ high, low }) => formatId(high, low)) } };
}
