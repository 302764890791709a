/**
 * All that can still be read of a database that is damaged. First what SQLite itself can still tell, then the rows, page by
 * page, past what is damaged. In a process of its own: see page-images.ts.
 */
import type { Deletion } from '../deletion.js';
import type { Connection } from './better-sqlite3.js';
import { carve } from './carving.js';
import { openForReading, PAGE_BYTES } from './connection.js';
import { Deletes } from './deletes.js';
import { isThere } from './file-identity.js';
import { hasFullText } from './full-text.js';
import { PageImages } from './page-images.js';
import { charactersOf, type GoodRow } from './row-pages.js';
import { isNewer } from './schema.js';

/** In this order, each kind but the rows once; of what is not there, only the first. */
export type Salvaged =
  | ({ readonly kind: 'known' } & Known)
  /** Some may come several times. */
  | { readonly kind: 'rows'; readonly rows: readonly GoodRow[] }
  /** Those that were found on pages, when SQLite could not give all of them. */
  | { readonly kind: 'rest'; readonly deletions: readonly Deletion[] };

/** Undefined is what SQLite cannot tell. */
export interface Known {
  /** A newer agentlog has made it: what it means is not known here. */
  readonly isNewer: boolean;
  readonly deletions: readonly Deletion[];
  readonly areDeletionsComplete: boolean;
  /** As the counters have it. */
  readonly entries: number | undefined;
  /** Those that had become rows. */
  readonly segmentIds: readonly string[] | undefined;
  readonly hasFullText: boolean;
}

export interface SalvageRequest {
  /** Of the database. */
  readonly path: string;
}

const PATIENCE_MS = 10_000;
const PART_ROWS = 1000;
const PART_CHARACTERS = 1024 * 1024;

export function* salvage({ path }: SalvageRequest): Generator<Salvaged, void, void> {
  const known = knownOf(path);
  yield { kind: 'known', ...known };
  if (!isThere(path)) return;
  const pages = new PageImages(path, PAGE_BYTES);
  try {
    const deletions: Deletion[] = [];
    let rows: GoodRow[] = [];
    let characters = 0;
    // On pages that are no longer in use stand rows that were deleted. Usually it is known which ones.
    for (const image of pages.all(known.areDeletionsComplete ? 'all' : 'in use')) {
      for (const carved of carve(pages, image)) {
        if ('deletion' in carved) {
          if (!known.areDeletionsComplete) deletions.push(carved.deletion);
          continue;
        }
        rows.push(carved.row);
        characters += charactersOf(carved.row);
        if (rows.length < PART_ROWS && characters < PART_CHARACTERS) continue;
        yield { kind: 'rows', rows };
        rows = [];
        characters = 0;
      }
    }
    yield { kind: 'rows', rows };
    yield { kind: 'rest', deletions };
  } finally {
    pages.close();
  }
}

const NOTHING_KNOWN: Known = {
  isNewer: false,
  deletions: [],
  areDeletionsComplete: false,
  entries: undefined,
  segmentIds: undefined,
  hasFullText: false,
};

function knownOf(path: string): Known {
  let db: Connection;
  try {
    db = openForReading(path, PATIENCE_MS);
  } catch {
    return NOTHING_KNOWN;
  }
  const attempt = <Answer>(question: () => Answer): Answer | undefined => {
    try {
      return question();
    } catch {
      return undefined;
    }
  };
  const only = (sql: string) => db.prepare(sql).pluck();
  try {
    const deletes = attempt(() => new Deletes(db).read());
    return {
      isNewer: attempt(() => isNewer(db)) ?? false,
      deletions: deletes?.sound ?? [],
      areDeletionsComplete: deletes?.damaged === 0,
      entries: attempt(() => countedIn(db)),
      segmentIds: attempt(() => only('SELECT segmentId FROM agentLogSegments').all() as string[]),
      hasFullText: attempt(() => hasFullText(db)) ?? false,
    };
  } finally {
    db.close();
  }
}

/** Pages that are no longer what was written can be read as counters, too. */
function countedIn(db: Connection): number | undefined {
  const isSound = db.pragma('integrity_check(agentLogTasks)', { simple: true }) === 'ok';
  if (!isSound) return undefined;
  return db.prepare('SELECT total(entries) FROM agentLogTasks').pluck().get() as number;
}
