/** How a store is: all that `agentlog status` shows, as its JSON has it. */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Store, StorePaths } from '../../../src/segment/store-directory.js';
import { asGiven } from '../store/as-given.js';
import { askDatabase, type DatabaseState } from '../store/database-look.js';
import { Holders } from '../store/holders.js';
import { attentionTo } from './attention.js';
import { factsOf } from './database-facts.js';
import { countedIn } from './entries.js';
import { bytesOf, filesOf, type StoreFiles } from './files.js';
import { type Leader, leaderOf, type Writer, writersOf } from './participants.js';
import { type Rate, rateOf } from './rate.js';

type Places<Value> = { readonly [Place in 'live' | 'waiting' | 'archived' | 'quarantined']: Value };

export interface Status {
  readonly path: string;
  readonly storeId: string;
  readonly entries: number | null;
  readonly tasks: number | null;
  readonly firstTimestamp: number | null;
  readonly lastTimestamp: number | null;
  /** False when what waits is too much to be counted, or the database cannot be asked. */
  readonly isComplete: boolean;
  readonly rate: Rate | null;
  readonly segments: Places<number>;
  readonly bytes: Places<number> & { readonly database: number; readonly wal: number };
  readonly backlog: { readonly segments: number; readonly bytes: number; readonly since: number | null };
  readonly leader: Leader | null;
  readonly writers: readonly Writer[];
  readonly database: DatabaseState;
  readonly lastRound: number | null;
  readonly lastCheckpoint: number | null;
  readonly healed: {
    readonly at: number | null;
    readonly reason: string;
    readonly missing: number | null;
  } | null;
  readonly fullText: boolean | null;
  readonly health: 'well' | 'attention' | 'damaged';
  readonly attention: readonly { readonly what: string; readonly todo: string }[];
}

export async function statusOf({ paths, manifest }: Store, path: string): Promise<Status> {
  const now = Date.now();
  const holders = new Holders();
  const files = filesOf(paths, holders);
  const look = askDatabase(paths, factsOf);
  const entries = await countedIn(paths, files, look);
  const leader = leaderOf(paths, holders);
  const writers = writersOf(paths, files, holders);
  const attention = attentionTo({ path, files, look, entries, leader, writers, now });
  const { answer } = look;
  const shown = asGiven(paths, path);
  const { waiting } = files.segments;
  return {
    path,
    storeId: manifest.storeId,
    entries: entries.entries,
    tasks: entries.tasks,
    firstTimestamp: entries.firstTimestamp,
    lastTimestamp: entries.lastTimestamp,
    isComplete: entries.isComplete,
    rate: rateOf([...(answer?.spans ?? []), ...entries.spans], now),
    segments: eachPlace(files, (segments) => segments.length),
    bytes: {
      ...eachPlace(files, bytesOf),
      database: files.database?.bytes ?? 0,
      wal: files.wal?.bytes ?? 0,
    },
    backlog: {
      segments: waiting.length,
      bytes: bytesOf(waiting),
      since: waiting.reduce<number | null>(
        (first, { changedAt }) => Math.min(first ?? changedAt, changedAt),
        null,
      ),
    },
    leader,
    writers,
    database: look.state,
    lastRound: answer?.lastRound ?? null,
    lastCheckpoint: files.database?.changedAt ?? null,
    healed:
      answer?.healed === undefined
        ? null
        : {
            at: keptAt(paths, answer.healed.kept),
            reason: answer.healed.reason,
            missing: answer.healed.missing,
          },
    fullText: answer?.hasFullText ?? null,
    health: attention.some(({ isDamage }) => isDamage)
      ? 'damaged'
      : attention.length > 0
        ? 'attention'
        : 'well',
    attention: attention.map(({ what, todo }) => ({ what: shown(what), todo: shown(todo) })),
  };
}

function eachPlace<Value>(
  { segments }: StoreFiles,
  of: (segments: StoreFiles['segments']['live']) => Value,
): Places<Value> {
  const { live, waiting, archived, quarantined } = segments;
  return {
    live: of(live),
    waiting: of(waiting),
    archived: of(archived),
    quarantined: of(quarantined),
  };
}

/** The old database came to where it is kept at that moment. The store may have been somewhere else then. */
function keptAt({ quarantine }: StorePaths, path: string | null): number | null {
  if (path === null) return null;
  return statSync(join(quarantine, basename(path)), { throwIfNoEntry: false })?.ctimeMs ?? null;
}
