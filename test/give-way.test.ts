/** Several that work in pieces: each turn of the event loop is for a piece of one of them, one after the other. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { giveWay, isTurnLong } from '../src/give-way.js';

const PIECES = 4;

function workForATurn(): void {
  while (!isTurnLong());
}

test('pieces that take a turn each are not done in one turn, and nobody is passed over', async () => {
  let turn = 0;
  let isOver = false;
  const turns = (async () => {
    for (; !isOver; turn++) await nextTurn();
  })();
  const done: [who: string, turn: number][] = [];
  const work = async (who: string) => {
    for (let n = 0; n < PIECES; n++) {
      await giveWay();
      workForATurn();
      done.push([who, turn]);
    }
  };
  workForATurn();
  await Promise.all(['a', 'b', 'c'].map(work));
  isOver = true;
  await turns;
  expect(done.map(([who]) => who).join('')).toBe('abc'.repeat(PIECES));
  expect(new Set(done.map(([, at]) => at)).size).toBe(done.length);
});
