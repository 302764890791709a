/** Streams answers: a delta now and then, each logged before the next one is taken. */
import { setTimeout as delay } from 'node:timers/promises';
import { textOf } from '../pieces.js';
import { give } from '../program.js';
import type { Store } from '../store.js';

/** Of one message. */
const DELTAS = 200;
const DELTA_MS = 5;

export interface Stream {
  readonly by: string;
  readonly deltas: number;
  readonly longest: number;
}

export async function stream(store: Store, { by, deltas, longest }: Stream): Promise<void> {
  for (let n = 0; n < deltas; n++) {
    const task = `${by}/${Math.floor(n / DELTAS)}`;
    await give(store, { by, n, task, type: 'text', text: textOf(by, n, longest) });
    await delay(DELTA_MS);
  }
}
