/** What a store does while its disk is full, or nearly. When there is space again all of it must work at once. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentLogError, openAgentLog } from '../../../src/index.js';
import { spoilFirstPage } from '../garbage.js';
import { judge } from '../processes/judge.js';
import type { Ballast } from './ballast.js';
import type { SmallStore } from './store.js';

/** Rejected calls after which a disk counts as full for good. */
const REJECTIONS = 8;
/** Rounds of appends before the disk is filled: two segments of each handle. */
const ROUNDS = 5;

interface Filling {
  /** Whether the database has to be made anew. */
  readonly heals?: true;
  /** Bytes that are left free, from 0 on: beyond them nothing fails any more. */
  readonly most: number;
  run(store: SmallStore, ballast: Ballast, free: number): Promise<void>;
}

const MIB = 1024 * 1024;

export const FILLINGS = {
  appending: {
    most: MIB / 2,
    async run(store, ballast, free) {
      await appendWell(store, 1);
      ballast.leave(free);
      while (store.rejected < REJECTIONS) await store.append();
      ballast.remove();
    },
  },
  compacting: {
    most: MIB,
    async run(store, ballast, free) {
      await appendWell(store, ROUNDS);
      ballast.leave(free);
      await store.attempt('compact()', () => store.leader.compact());
      await store.append();
      await store.attempt('compact()', () => store.leader.compact());
      ballast.remove();
    },
  },
  healing: {
    heals: true,
    most: MIB,
    async run(store, ballast, free) {
      await appendWell(store, ROUNDS);
      await store.leader.compact();
      await appendWell(store, 1);
      await store.close();
      spoilFirstPage(store.path);
      await store.open();
      ballast.leave(free);
      // A database is made anew as soon as somebody needs it.
      await store.attempt('compact()', () => store.leader.compact());
      await store.append();
      await store.attempt('compact()', () => store.leader.compact());
      ballast.remove();
    },
  },
  'backing up': {
    most: MIB,
    async run(store, ballast, free) {
      await appendWell(store, ROUNDS);
      await store.leader.compact();
      await appendWell(store, ROUNDS);
      const copy = join(store.path, '../copy');
      ballast.leave(free);
      const isCopied = await store.attempt('backup()', () => store.leader.backup(copy));
      if (!isCopied) await mustBeNone(copy);
      ballast.remove();
      if (!isCopied) {
        rmSync(copy, { recursive: true, force: true });
        await store.leader.backup(copy);
      }
      await judge(copy, store.ledger, 'this thread');
      rmSync(copy, { recursive: true });
    },
  },
} as const satisfies Record<string, Filling>;

export type FillingName = keyof typeof FILLINGS;

async function appendWell(store: SmallStore, rounds: number): Promise<void> {
  for (let n = 0; n < rounds; n++)
    if (!(await store.append())) throw new Error('an append was rejected although there is space');
}

/** What a failed backup leaves behind is no store. */
async function mustBeNone(path: string): Promise<void> {
  let opened: unknown;
  try {
    opened = await openAgentLog(path, { readOnly: true });
  } catch (error) {
    if ((error as AgentLogError).code?.startsWith('AGENTLOG_')) return;
    throw error;
  }
  if (opened !== undefined) throw new Error('what a failed backup left behind was opened as a store');
}

/** Everything goes on, by the same handles. How many entries there are in the end. */
export async function goOn(store: SmallStore, { heals }: Filling): Promise<number> {
  await appendWell(store, 2);
  await store.leader.compact();
  await store.close();
  if (store.heals > 0 !== (heals ?? false))
    throw new Error(`the database was made anew ${store.heals} times`);
  if (store.troubles.length > 0) throw new Error(store.troubles.join('\n'));
  return judge(store.path, store.ledger, 'this thread');
}
