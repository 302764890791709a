/** Reads a store in which nobody writes any more in every way there is, and holds it against what its writers were told. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { verify } from '../../../src/compactor/verify.js';
import { type AgentLog, openAgentLog, type StoredEntry } from '../../../src/index.js';
import { nodeDisk } from '../../../src/segment/disk.js';
import { pathsOf } from '../../../src/segment/store-directory.js';
import { compactHere } from './compact-here.js';
import type { Ledger } from './ledger.js';
import { readRows } from './rows.js';

/** Who makes rows and verifies: threads of the log's, as for everybody, or this thread, which need not start any. */
type Worker = 'its threads' | 'this thread';

/** How many entries there are. Throws unless they are what they must be: as they were left, as rows, and in the database. */
export async function judge(store: string, ledger: Ledger, worker: Worker = 'its threads'): Promise<number> {
  const troubles: string[] = [];
  const isOwn = worker === 'its threads';
  const log = await openAgentLog(store, {
    compact: isOwn,
    on: {
      damage: ({ segment, reason }) => troubles.push(`damage in ${segment}: ${reason}`),
      heal: ({ reason }) => troubles.push(`healed: ${reason}`),
      warning: ({ code, message }) => troubles.push(`${code}: ${message}`),
    },
  });
  let entries: StoredEntry[];
  try {
    entries = await readAll(log);
    ledger.check(entries);
    await (isOwn ? log.compact() : compactHere(store));
    mustBeSame(entries, await readAll(log), 'a scan after compact()');
    const count = await log.count();
    if (count !== entries.length)
      throw new Error(`count() is ${count}, and ${entries.length} entries are there`);
    const { problems } = await (isOwn ? log.verify() : verify(nodeDisk, pathsOf(store), () => undefined));
    for (const { kind, where, what } of problems) troubles.push(`verify(): ${kind} ${where}: ${what}`);
  } finally {
    await log.close();
  }
  const waiting = readdirSync(join(store, 'segments'));
  if (waiting.length > 0) troubles.push(`wait after compact() and close(): ${waiting}`);
  if (troubles.length > 0) throw new Error(troubles.join('\n'));
  // A store into which nothing came has no database.
  const hasRows = entries.length > 0 || existsSync(join(store, 'agent-log.db'));
  mustBeSame(entries, hasRows ? readRows(store) : [], 'the rows');
  return entries.length;
}

export async function readAll(log: AgentLog): Promise<StoredEntry[]> {
  const entries: StoredEntry[] = [];
  for await (const entry of log.scan()) entries.push(entry);
  return entries;
}

function mustBeSame(before: readonly StoredEntry[], after: readonly StoredEntry[], what: string): void {
  const at = before.findIndex((entry, i) => !isDeepStrictEqual(entry, after[i]));
  if (at !== -1 || before.length !== after.length)
    throw new Error(
      `${what}: ${after.length} entries instead of ${before.length}, which differ from ${before[at]?.id} on`,
    );
}
