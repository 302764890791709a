/** The lives of processes that a recording shows, one after the other, some of them two at once. */
import { Child } from '../../bench/child.js';
import type { Random } from '../random.js';
import type { Life } from './life.js';

const PROGRAM = new URL('./life-child.js', import.meta.url);
/** Numbers of entries that a life may use. */
const NUMBERS = 10_000;

/** All lives of a recording. What is done to a store between two lives, such as damage that the next one heals, belongs here. */
export async function live(
  mount: string,
  store: string,
  firstNumber: number,
  lives: number,
  random: Random,
): Promise<void> {
  const isBackedUpIn = random.below(lives);
  const fullText = random.chance(0.2);
  const archiveBytes = random.chance(0.25) ? random.pick([0, 200_000]) : undefined;
  for (let n = 0; n < lives; n++) {
    const isAlone = random.chance(0.6);
    const previousNumber = firstNumber + 2 * (n - 1) * NUMBERS;
    const common = { mount, store, isAlone, fullText, archiveBytes, previousNumber };
    const leader: Life = {
      ...common,
      seed: random.next(),
      firstNumber: firstNumber + 2 * n * NUMBERS,
      role: 'leader',
      readsFirst: true,
      isBackedUp: n === isBackedUpIn,
      ending: random.chance(0.6) ? 'kill' : 'close',
    };
    const writer: Life = {
      ...common,
      seed: random.next(),
      firstNumber: firstNumber + (2 * n + 1) * NUMBERS,
      role: 'writer',
      readsFirst: false,
      isBackedUp: false,
      ending: random.chance(0.5) ? 'kill' : 'close',
    };
    await liveTogether(leader, isAlone ? undefined : writer);
  }
}

async function liveTogether(leader: Life, writer: Life | undefined): Promise<void> {
  const first = new Child(PROGRAM, [JSON.stringify(leader)]);
  await first.hear();
  const second = writer === undefined ? undefined : new Child(PROGRAM, [JSON.stringify(writer)]);
  await ended(first, leader);
  if (second !== undefined) await ended(second, writer!);
}

async function ended(child: Child, { ending }: Life): Promise<void> {
  try {
    await child.end();
    if (ending === 'kill') throw new Error('a life was not killed');
  } catch (error) {
    if (ending !== 'kill' || !String(error).includes('SIGKILL')) throw error;
  }
}
