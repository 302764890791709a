/** The entries of the suite: each is known by its writer and number, so both sides know every byte of it. */
import type { Entry } from '../../../src/index.js';

/** Entries of one appendBatch. */
export const GROUP = 200;
const WORDS = Array.from({ length: 4096 }, (_, n) => `w${((n * 2654435761) >>> 0).toString(36)}`);
const TYPES = ['text', 'tool_result', 'thinking'];

/** About 1 KiB. */
export function entryNo(writer: number, n: number): Entry & { timestamp: number } {
  let state = (Math.imul(writer + 1, 0x9e3779b1) ^ Math.imul(n + 1, 0x85ebca6b)) >>> 0;
  const words: string[] = [nameOf(writer, n)];
  for (let i = 0; i < 120; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words.push(WORDS[state >>> 20]!);
  }
  return {
    taskId: `task-${n % 97}`,
    type: TYPES[n % TYPES.length]!,
    agent: `agent-${writer}`,
    text: words.join(' '),
    detail: { writer, n },
    timestamp: 1_767_000_000_000 + n,
  };
}

/** A word that no other entry has. */
export function nameOf(writer: number, n: number): string {
  return `e${writer}x${n}`;
}
