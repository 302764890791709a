/** Another way to read a store than the store's own, for a moment when nobody writes to it. */

import { decodeCut } from '../../../src/segment/control-payload.js';
import type { Disk } from '../../../src/segment/disk.js';
import { decodeEntry } from '../../../src/segment/entry-payload.js';
import { parseSegmentName } from '../../../src/segment/segment-name.js';
import { SegmentScanner } from '../../../src/segment/segment-scanner.js';

/** Ids and texts of all entries, in the order of the ids: all segments, up to the cuts that name them. */
export function readPlainly(port: Disk, directory: string): [id: string, text: string][] {
  const files = port
    .callSync('readdir', directory)
    .sort()
    .map((file) => ({ file, name: parseSegmentName(file) }))
    .filter(({ name }) => name !== undefined);
  const contents = files.map(({ file }) => {
    const fd = port.callSync('open', `${directory}/${file}`, 0, 0);
    const bytes = Buffer.alloc(port.callSync('fstat', fd).size);
    port.callSync('read', fd, bytes, 0, bytes.length, 0);
    port.callSync('close', fd);
    return bytes;
  });
  const cuts = new Map<string, number>();
  // A cut may itself be cut off: the newest segments speak first.
  for (let i = files.length - 1; i >= 0; i--) {
    scan(contents[i]!, files[i]!.name!, cuts, ({ type, payload }) => {
      const cut = type === 5 ? decodeCut(payload) : undefined;
      if (cut !== undefined) cuts.set(Buffer.from(cut.segmentId).toString('hex'), cut.lastBatch);
    });
  }
  const texts = new Map<string, string>();
  files.forEach(({ name }, i) => {
    scan(contents[i]!, name!, cuts, ({ type, id, payload }) => {
      if (type !== 1) return;
      if (texts.has(id)) throw new Error(`${id} is there twice`);
      texts.set(id, decodeEntry(payload, 0, payload.length)!.text);
    });
  });
  return [...texts].sort(([a], [b]) => (a < b ? -1 : 1));
}

function scan(
  bytes: Buffer,
  name: NonNullable<ReturnType<typeof parseSegmentName>>,
  cuts: Map<string, number>,
  visit: (record: { type: number; id: string; payload: Buffer }) => void,
): void {
  const lastBatch = cuts.get(Buffer.from(name.segmentId).toString('hex'));
  const writer = name.state === 'sealed' ? 'sealed' : lastBatch === undefined ? 'gone' : 'cut';
  const options = { size: bytes.length, writer, name } as const;
  const scanner = new SegmentScanner(lastBatch === undefined ? options : { ...options, lastBatch });
  for (let wanted = scanner.wanted; wanted !== null; wanted = scanner.wanted) {
    for (const item of scanner.push(bytes.subarray(wanted.offset, wanted.offset + wanted.length))) {
      if (item.kind !== 'record') continue;
      const payload = Buffer.from(item.bytes.subarray(item.payloadStart, item.payloadEnd));
      visit({ type: item.type, id: item.id, payload });
    }
  }
  const { kind, reason } = scanner.verdict!;
  if (kind === 'damaged' || kind === 'unreadable') throw new Error(reason);
}
