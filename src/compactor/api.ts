/** What callers give to compaction and backups, and get from them. Types only, which need no others than these. */
import type { CancelSignal } from '../cancel-signal.js';

export interface CompactOptions {
  signal?: CancelSignal | undefined;
  onProgress?: ((progress: CompactProgress) => void) | undefined;
}

/** What `compact()` did. */
export interface CompactResult {
  /** Segments that waited and are rows now. */
  readonly segments: number;
  /** Bytes of these segments. */
  readonly bytes: number;
  /** Entries that became rows; null when another handle of the store leads and did it. */
  readonly entries: number | null;
}

export interface CompactProgress {
  readonly segments: number;
  /** Segments that still wait. */
  readonly left: number;
}

export interface VerifyOptions {
  signal?: CancelSignal | undefined;
  onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

export interface VerifyProgress {
  readonly segments: number;
  readonly segmentsLeft: number;
  /** That were read; none until the segments are through. */
  readonly rows: number;
  readonly rowsTotal: number;
}

export interface VerifyResult {
  /** Nothing is wrong. */
  readonly ok: boolean;
  readonly rows: number;
  /** That wait, and in archive/. */
  readonly segments: number;
  /** Of the segments. */
  readonly bytes: number;
  /** Damaged segments of which was told when they became rows. */
  readonly quarantined: number;
  /** The first thousand. */
  readonly problems: readonly VerifyProblem[];
  readonly problemCount: number;
}

export interface VerifyProblem {
  readonly kind: /** A segment has records that are not what was written. */
    | 'segment'
    /** A segment in archive/ is not what the database has noted of it. */
    | 'ledger'
    /** An entry that has become a row is none. */
    | 'missing row'
    /** A row is not what was written. */
    | 'row'
    /** What `count` and `tasks` rely on. */
    | 'counter'
    /** What SQLite finds. */
    | 'database';
  /** A path, an id, or a task and type. */
  readonly where: string;
  /** For people. */
  readonly what: string;
}

export interface RebuildOptions {
  signal?: CancelSignal | undefined;
  /** Called only if this handle leads. */
  onProgress?: ((progress: RebuildProgress) => void) | undefined;
}

export interface RebuildProgress {
  /** Of the old database, so far. */
  readonly rows: number;
  /** Segments that were read; none until the rows are through. */
  readonly segments: number;
  readonly segmentsLeft: number;
}

export interface BackupOptions {
  /** Aborting leaves an unfinished copy behind, which is no store. */
  signal?: CancelSignal | undefined;
  onProgress?: ((progress: BackupProgress) => void) | undefined;
}

export interface BackupProgress {
  readonly segments: number;
  readonly segmentsLeft: number;
  /** Pages of the database; 0 until it is its turn. */
  readonly pages: number;
  readonly pagesLeft: number;
}

export interface BackupResult {
  /** Segments that were copied; empty ones are not. */
  readonly segments: number;
  readonly bytes: number;
}
