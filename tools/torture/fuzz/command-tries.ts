/** Inputs that are files, or command lines: each takes milliseconds, so there are fewer of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { AgentLogError } from '../../../src/errors.js';
import { decodeTexts } from '../../../src/segment/entry-payload.js';
import { RECORD_TYPE } from '../../../src/segment/layout.js';
import { salvageSegment } from '../../../src/segment/salvage-segment.js';
import { parseSegmentName } from '../../../src/segment/segment-name.js';
import { must } from '../must.js';
import type { Random } from '../random.js';
import type { Seen } from '../segments.js';
import { scanChecked } from './checked-scan.js';
import { COMMAND_LINES } from './command-lines.js';
import { within } from './places.js';
import { checkPrinted, runCommand } from './run-command.js';

type Try = (random: Random, directory: string) => Promise<void>;

export const COMMAND_TRIES: Readonly<Record<string, Try>> = {
  ...Object.fromEntries(
    Object.entries(COMMAND_LINES).map(([kind, make]): [string, Try] => [
      kind,
      (random, directory) =>
        within(directory, random, async (places) => {
          const args = make(places, random);
          checkPrinted(await runCommand(args, random), args);
        }),
    ]),
  ),

  'segments salvaged': (random, directory) =>
    within(directory, random, async ({ segment, made }) => {
      const before = readFileSync(segment);
      try {
        const { path, entries } = await salvageSegment(segment, made);
        checkSalvaged(before, segment, path, entries);
      } catch (error) {
        if (!(error instanceof AgentLogError) || error.code !== 'AGENTLOG_FORMAT') throw error;
        must(readdirSync(made).length === 0, () => `${error.message}, and something was made`);
      }
      must(before.equals(readFileSync(segment)), () => 'the segment that was salvaged is another');
    }),
};

/** Whole, and with every entry that the old one has, in the same order, and no other. */
function checkSalvaged(old: Buffer, oldPath: string, path: string, entries: number): void {
  const name = parseSegmentName(oldPath.slice(oldPath.lastIndexOf('/') + 1));
  const scan = (bytes: Buffer, writer: 'gone' | 'sealed') =>
    scanChecked(bytes, { writer, name: undefined, lastBatch: 0, size: bytes.length, isForged: true });
  const writer = name?.state === 'open' ? 'gone' : 'sealed';
  const plan = { writer, name, lastBatch: 0, size: old.length, isForged: true } as const;
  const expected = entriesOf(scanChecked(old, plan).records);
  const { records, holes, verdict } = scan(readFileSync(path), 'sealed');
  must(holes.length === 0 && verdict.kind === 'sealed', () => `what was salvaged is ${verdict.reason}`);
  const found = entriesOf(records);
  must(found.length === entries, () => `${found.length} entries were salvaged, and ${entries} told`);
  must(found.join() === expected.join(), () => `${found.length} of ${expected.length} entries were salvaged`);
}

/** Those that can be decoded. */
function entriesOf(records: readonly Seen[]): string[] {
  return records.flatMap(({ type, id, payload }) => {
    if (type !== RECORD_TYPE.entry) return [];
    const bytes = Buffer.from(payload, 'hex');
    const texts = decodeTexts(bytes, 0, bytes.length);
    return texts === undefined ? [] : [`${id} ${JSON.stringify(texts)}`];
  });
}
