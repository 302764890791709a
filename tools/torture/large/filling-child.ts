/** Appends group after group, and has them compacted all the time, until it is told to end or is killed. */
import { openAgentLog } from '../../../src/index.js';
import { leave, say } from '../../bench/parent.js';
import { entryNo, GROUP } from './entries.js';

/** What it tells of one group, after it was acknowledged. */
export interface Group {
  readonly from: number;
  readonly ids: readonly string[];
  readonly leads: boolean;
}

export type Said = Group | { readonly trouble: string };

/** `portion`: how many groups are appended before it waits for the compaction that it asked for before. */
const [directory, writer, portion] = process.argv.slice(2) as [string, string, string];
let isOver = false;
process.once('message', () => {
  isOver = true;
});

const trouble = (what: string) => say({ trouble: what } satisfies Said);
const log = await openAgentLog(directory, {
  fullText: true,
  on: {
    damage: ({ segment, reason }) => trouble(`damage of ${segment}: ${reason}`),
    warning: ({ code, message }) => trouble(`${code}: ${message}`),
  },
});
let compacting: Promise<unknown> = Promise.resolve();
for (let group = 0; !isOver; group++) {
  const from = group * GROUP;
  const entries = Array.from({ length: GROUP }, (_, i) => entryNo(Number(writer), from + i));
  const ids = await log.appendBatch(entries);
  say({ from, ids, leads: (await log.stats()).leading } satisfies Said);
  if ((group + 1) % Number(portion) !== 0) continue;
  await compacting;
  compacting = log.compact();
}
await compacting;
await log.close();
leave();
