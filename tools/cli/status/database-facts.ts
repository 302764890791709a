/** What the database says of itself, at a cost that does not grow with its rows. */
import type { Connection } from '../../../src/db/better-sqlite3.js';
import { hasFullText } from '../../../src/db/full-text.js';
import { HEALED } from '../../../src/db/schema.js';
import { idFromBigInt, unpackId } from '../../../src/entry-id.js';
import type { HealEvent } from '../../../src/events.js';
import type { Span } from './rate.js';

export interface DatabaseFacts {
  readonly counted: {
    readonly entries: number;
    readonly tasks: number;
    readonly lastTimestamp: number | null;
  };
  readonly firstTimestamp: number | null;
  readonly lastRound: number | null;
  readonly healed: HealEvent | undefined;
  /** Segments that were found damaged when they became rows. */
  readonly damages: readonly { readonly name: string; readonly reason: string }[];
  readonly hasFullText: boolean;
  /** Of each segment that is still in archive/ when its entries were logged. */
  readonly spans: readonly Span[];
}

const MOST_DAMAGES = 100;

export function factsOf(db: Connection): DatabaseFacts {
  const number = (sql: string) => db.prepare(sql).pluck().get() as number | null;
  const healed = db.prepare('SELECT value FROM agentLogMeta WHERE key = ?').pluck().get(HEALED);
  return {
    counted: {
      entries: number('SELECT total(entries) FROM agentLogTasks') ?? 0,
      tasks: number('SELECT count(DISTINCT taskId) FROM agentLogTasks') ?? 0,
      lastTimestamp: number('SELECT max(lastTimestamp) FROM agentLogTasks'),
    },
    firstTimestamp: number('SELECT timestamp FROM agentLogEntries ORDER BY id LIMIT 1') ?? null,
    lastRound: number('SELECT max(ingestedAt) FROM agentLogSegments'),
    healed: typeof healed === 'string' ? (JSON.parse(healed) as HealEvent) : undefined,
    damages: db
      .prepare('SELECT name, reason FROM agentLogDamage ORDER BY foundAt DESC LIMIT ?')
      .all(MOST_DAMAGES) as { name: string; reason: string }[],
    hasFullText: hasFullText(db),
    spans: spansOf(db),
  };
}

function spansOf(db: Connection): Span[] {
  const rows = db
    .prepare(
      'SELECT firstId, lastId, entries FROM agentLogSegments WHERE entries > 0 AND firstId IS NOT NULL',
    )
    .raw()
    .safeIntegers()
    .all() as [bigint, bigint, bigint][];
  const timeOf = (id: bigint) => unpackId(idFromBigInt(id)).time;
  return rows.map(([first, last, entries]) => ({
    from: timeOf(first),
    to: timeOf(last),
    entries: Number(entries),
  }));
}
