/** Streams answers: a delta now and then, each logged before the next one is taken. */
import { setTimeout as delay } from 'node:timers/promises';
import { textOf } from '../pieces.js';
import { give } from '../program.js';
import type { Store } from '../store.js';
import { crush } from './scenario.js';

/** Of one message. */
const DELTAS = 200;
const DELTA_MS = 5;

export async function stream(store: Store, by: string, deltas: number): Promise<void> {
  for (let n = 0; n < deltas; n++) {
    const task = `${by}/${Math.floor(n / DELTAS)}`;
    await give(store, { by, n, task, type: 'text', text: textOf(by, n, crush.longest) });
    await delay(DELTA_MS);
  }
}
