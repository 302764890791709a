/** The entries that are logged: each is known by its number, so that marks need not hold them. */
import type { Entry, JsonValue } from '../../../src/index.js';
import { Random } from '../random.js';

export const TASKS = 6;
const TYPES = ['text', 'tool', 'tool_result', 'error'];
const AGENTS = ['planner', 'executor', 'Prüferin', undefined];
const WORDS = 'All tests pass, but one: naïve 雪 \u{1F41B} "quoted" \\ \n line two {"json":[1,2]} '.repeat(
  300,
);
/** The first entry's; each next one is a second later. */
const FIRST_TIME = Date.UTC(2026, 0, 1);

export function timeOf(number: number): number {
  return FIRST_TIME + number * 1000;
}

export function taskOf(number: number): string {
  return `task-${number % TASKS}`;
}

export function entryOf(number: number): Entry & { readonly timestamp: number } {
  const random = new Random(number);
  const length = random.chance(0.02) ? random.between(5000, 20_000) : random.between(0, 400);
  const from = random.below(60);
  const agent = random.pick(AGENTS);
  const detail: JsonValue | undefined = random.chance(0.3)
    ? { number, path: 'src/a.ts', nested: [null, random.next(), 'é'.repeat(random.below(40))] }
    : undefined;
  return {
    taskId: taskOf(number),
    type: random.pick(TYPES),
    text: `${number} ${WORDS.slice(from, from + length)}`.toWellFormed(),
    timestamp: timeOf(number),
    ...(agent === undefined ? {} : { agent }),
    ...(detail === undefined ? {} : { detail }),
  };
}

/** Undefined when it is none that was ever made. */
export function numberIn(text: string): number | undefined {
  const digits = /^(\d{1,9}) /.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
