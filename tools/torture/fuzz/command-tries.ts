/** Inputs that are files, or command lines: each takes milliseconds, so there are fewer of them. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentLogError } from '../../../src/errors.js';
import { decodeTexts } from '../../../src/segment/entry-payload.js';
import { RECORD_TYPE } from '../../../src/segment/layout.js';
import { encodeManifest } from '../../../src/segment/manifest.js';
import { salvageSegment } from '../../../src/segment/salvage-segment.js';
import { formatSegmentName, parseSegmentName } from '../../../src/segment/segment-name.js';
import { must } from '../must.js';
import type { Random } from '../random.js';
import { nameOf, type Seen } from '../segments.js';
import { scanChecked } from './checked-scan.js';
import { anyCommandLine, type Places, segmentCommand, storeCommand } from './command-lines.js';
import { forge } from './forgery.js';
import { mutate } from './mutations.js';
import { checkPrinted, runCommand } from './run-command.js';
import { fixtures, someSubject } from './subjects.js';

type Try = (random: Random, directory: string) => Promise<void>;

export const COMMAND_TRIES: Readonly<Record<string, Try>> = {
  'segments given to commands': (random, directory) =>
    within(directory, random, async (places) => {
      const args = segmentCommand(places, random);
      checkPrinted(await runCommand(args, random), args);
    }),

  'stores given to commands': (random, directory) =>
    within(directory, random, async (places) => {
      const args = storeCommand(places, random);
      checkPrinted(await runCommand(args, random), args);
    }),

  'command lines': (random, directory) =>
    within(directory, random, async (places) => {
      const args = anyCommandLine(places, random);
      checkPrinted(await runCommand(args, random), args);
    }),

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

/** A segment and a store of it, for the time that `work` takes. */
async function within(
  directory: string,
  random: Random,
  work: (places: Places) => Promise<void>,
): Promise<void> {
  const [store, made, empty] = ['store', 'made', 'empty'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  const segments = join(store, 'segments');
  for (const path of [
    made,
    empty,
    segments,
    ...['locks', 'archive', 'quarantine'].map((one) => join(store, one)),
  ])
    mkdirSync(path, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(join(store, 'agentlog.json'), encodeManifest(), { mode: 0o600 });
    if (random.chance(0.1)) writeFileSync(join(store, 'agent-log.db'), random.bytes(random.below(5000)));
    const { bytes, name } = someSegment(random);
    const segment = join(random.chance(0.8) ? segments : directory, name);
    writeFileSync(segment, bytes, { mode: 0o600 });
    await work({ segment, store, directory: empty, made });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function someSegment(random: Random): { readonly bytes: Buffer; readonly name: string } {
  if (random.chance(0.3)) {
    const { bytes, name } = random.pick(fixtures());
    const file = name === undefined ? 'other-name' : formatSegmentName(name);
    return { bytes: random.chance(0.3) ? bytes : mutate(bytes, random), name: file };
  }
  const subject = someSubject(random);
  const name = formatSegmentName(nameOf(subject.header, random.pick(['open', 'sealed'])));
  if (random.chance(0.1)) return { bytes: random.bytes(random.below(500)), name };
  return { bytes: random.chance(0.5) ? forge(subject, random) : mutate(subject.bytes, random), name };
}
