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

  record(record: SegmentRecord): Promise<void> | undefined {
    // Where JSON has a character that steers, it is within a text, and its spelling means the same.
    return this.#output.line(printable(recordJson(record)));
  }

  hole({ offset, length, cause, lost }: Hole): Promise<void> | undefined {
    const place = { offset, bytes: length };
    return this.#output.json(
      lost === null ? { ...place, kind: 'hole', cause } : { ...place, kind: 'lost', cause, lost: lost.id },
    );
  }

  tail({ offset, length }: Tail): Promise<void> | undefined {
    return this.#output.json({ offset, bytes: length, kind: 'tail' });
  }

  /** It is no record yet. */
  async unproven(): Promise<void> {}
}

function recordJson(record: SegmentRecord): string {
  const { offset, end, id, batch, type, bytes, payloadStart, payloadEnd } = record;
  const size = end - offset;
  const flags = flagNames(record.flags);
  const texts = type === RECORD_TYPE.entry ? decodeTexts(bytes, payloadStart, payloadEnd) : undefined;
  if (texts === undefined) {
    const name = recordTypeName(type) ?? type;
    const payload = payloadOf(record);
    return JSON.stringify({ offset, bytes: size, kind: 'record', record: name, id, batch, flags, payload });
  }
  const { taskId, agent, timestamp, text, detail } = texts;
  // One object with all fields: to spread another one into it took three times as long as all the rest.
  const line = JSON.stringify({
    offset,
    bytes: size,
    kind: 'record',
    record: 'entry',
    id,
    batch,
    flags,
    taskId,
    type: texts.type,
    agent,
    timestamp,
    text,
  });
  return detail === undefined ? line : `${line.slice(0, -1)},"detail":${detailJson(detail)}}`;
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

/** Of records other than entries; undefined when it says nothing, or nothing that can be understood. */
function payloadOf({ type, bytes, payloadStart, payloadEnd }: SegmentRecord): object | undefined {
  const payload = bytes.subarray(payloadStart, payloadEnd);
  if (type === RECORD_TYPE.seal) return decodeSeal(payload);
  if (type === RECORD_TYPE.cut) {
    const cut = decodeCut(payload);
    return cut && { segmentId: segmentIdOf(cut), lastBatch: cut.lastBatch };
  }
  const deletion = type === RECORD_TYPE.delete ? decodeDelete(payload) : undefined;
  return deletion && { ...deletion, upTo: deletion.upTo.map(({ high, low }) => formatId(high, low)) };
}
