/** What a process of a scenario says to the one that started it, and how. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as program from '../torture/processes/program.js';
import type { Piece } from './pieces.js';
import type { Store } from './store.js';

export type Answer =
  | { readonly by: string; readonly n: number; readonly id: string }
  | { readonly by: string; readonly n: number; readonly refused: string };

export type Said =
  | 'open'
  | Answer
  /** An error that is no answer: a try that is repeated, a warning, a checkpoint. */
  | { readonly livedWith: string }
  /** What must never happen. */
  | { readonly trouble: string }
  | { readonly stallMs: number }
  /** By a reader: all that there was, once. */
  | { readonly read: number };

export const { args } = program;

export function say(said: Said): void {
  program.say(said);
}

/** Says that it is ready, and waits until all are. */
export async function untilAllAreOpen(): Promise<void> {
  say('open');
  await program.hear();
}

/** Of one writer, who goes on when he has the answer. */
export async function give(store: Store, piece: Piece): Promise<void> {
  const { by, n } = piece;
  let answer: Answer;
  try {
    answer = { by, n, id: await store.append(piece) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    answer = { by, n, refused: code };
  }
  say(answer);
}

const STALLS_EACH_MS = 50;

/** From now on, whenever one was longer than all before. Of this thread. */
export function tellStalls(): void {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  let longest = 0;
  setInterval(() => {
    if (histogram.max <= longest) return;
    longest = histogram.max;
    say({ stallMs: longest / 1e6 });
  }, STALLS_EACH_MS).unref();
}
