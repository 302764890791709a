/** One life of the process that appends: goes on where the last one was ended, until it has come far enough or is killed. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openAgentLog } from '../../../src/index.js';
import { leave, say } from '../../bench/parent.js';
import { entryNo, numberOf, type Plan, pruneAt } from './plan.js';

export interface Sample {
  readonly memory: number;
  readonly descriptors: number;
  readonly disk: number;
  readonly wal: number;
}

export type Said =
  | { readonly begins: number }
  | { readonly entries: number; readonly sample?: Sample | undefined }
  | { readonly trouble: string };

const [directory, until, planText] = process.argv.slice(2) as [string, string, string];
const plan = JSON.parse(planText) as Plan;
const tell = (said: Said) => say(said);

const log = await openAgentLog(directory, {
  segmentBytes: plan.segmentBytes,
  archiveBytes: plan.archiveBytes,
  on: {
    damage: ({ segment, reason }) => tell({ trouble: `damage of ${segment}: ${reason}` }),
    warning: ({ code, message }) => tell({ trouble: `${code}: ${message}` }),
  },
});
const [newest] = await log.entries({ last: 1 });
let entries = newest === undefined ? 0 : numberOf(newest) + 1;
tell({ begins: entries });
// The one before may have been killed in the middle of it. What was done already is done once.
await prune();
while (entries < Number(until)) {
  await log.appendBatch(Array.from({ length: plan.batch }, (_, i) => entryNo(entries + i)));
  entries += plan.batch;
  tell({ entries, sample: entries % plan.sampleEach === 0 ? takeSample() : undefined });
  await prune();
}
await log.close();
leave();

async function prune(): Promise<void> {
  const due = pruneAt(plan, entries);
  if (due === undefined) return;
  await log.prune(due);
  if (due.before !== undefined) await log.compact();
}

function takeSample(): Sample {
  return {
    memory: process.memoryUsage.rss(),
    descriptors: readdirSync('/proc/self/fd').length,
    disk: bytesBelow(directory),
    wal: bytesOf(join(directory, 'agent-log.db-wal')),
  };
}

function bytesBelow(path: string): number {
  return (readdirSync(path, { recursive: true }) as string[]).reduce(
    (sum, name) => sum + bytesOf(join(path, name)),
    0,
  );
}

/** On the disk; 0 when it was removed just now. */
function bytesOf(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
}
