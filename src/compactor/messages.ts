/** What the main thread and the compactor's worker tell each other. */
import type { DamageEvent, HealEvent } from '../events.js';
import type { StorePaths } from '../segment/store-directory.js';
import type { Verdict } from '../segment/verdict.js';
import type { SentError } from '../sent-error.js';
import type { RebuildProgress } from './api.js';
import type { CompactorWarning, Goal, Round } from './compactor.js';

/** Given to the worker when it is started: what it is there for. */
export type WorkerStart = CompactorStart | TaskStart | QueryStart;

/** What a thread of its own does to its end. */
export type TaskStart = BackupStart | VerifyStart;

/** In a process that was started for queries: see src/query. */
interface QueryStart {
  readonly task: 'query';
  readonly protocol: number;
}

interface BackupStart {
  readonly task: 'backup';
  readonly protocol: number;
  readonly paths: StorePaths;
  readonly target: string;
}

interface VerifyStart {
  readonly task: 'verify';
  readonly protocol: number;
  readonly paths: StorePaths;
}

export interface CompactorStart {
  readonly task: 'compactor';
  /** The worker and who starts it must be of the same version. */
  readonly protocol: number;
  /** The path of the worker's own program. */
  readonly program: string;
  readonly paths: StorePaths;
  readonly roundBytes: number;
  readonly archiveBytes: number;
  readonly fullText: boolean;
  readonly allowUnsafeSqlite: boolean;
}

export const PROTOCOL = 1;

/** 'end': end the drain, if one is under way, do a last round if that is wanted, close the database and exit. */
export type ToWorker =
  | { readonly kind: 'drain'; readonly goal: Goal }
  | { readonly kind: 'end'; readonly lastRound: boolean };

/** What the thread of a long task tells: 'done' or 'failed' is the last. */
export type FromTask<Progress, Result> =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly failure: SentError };

export type FromWorker =
  | { readonly kind: 'round'; readonly round: Round }
  | { readonly kind: 'recovered'; readonly path: string; readonly verdict: Verdict }
  | { readonly kind: 'damaged'; readonly damage: DamageEvent }
  | { readonly kind: 'healing'; readonly progress: RebuildProgress }
  | { readonly kind: 'healed'; readonly event: HealEvent }
  | {
      readonly kind: 'warning';
      readonly code: CompactorWarning;
      readonly message: string;
      readonly cause: SentError | undefined;
    }
  /** What was asked for has come to its end, in the order of the asking. */
  | { readonly kind: 'done'; readonly left: number; readonly failure: SentError | undefined };
