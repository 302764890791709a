/** The entries that suites log. Every field follows from the place of an entry, so that each side knows all of them. */
import type { Entry, JsonValue, StoredEntry } from '../../../src/index.js';

/** One call that appends: entries `first` to `first + count - 1` of a task, which is one writer's alone. */
export interface Call {
  readonly task: string;
  readonly first: number;
  readonly count: number;
}

const TYPES = ['text', 'tool', 'thinking'];

export function entriesOf(call: Call): Entry[] {
  return Array.from({ length: call.count }, (_, i) => entryOf(call, call.first + i));
}

/** The nth entry of the task. Its text begins with its place. Those of tasks that end in "large" fill a segment soon. */
export function entryOf({ task, first, count }: Call, n: number): Entry {
  const times = task.endsWith('large') || n % 61 === 60 ? 600 : (n * 7) % 20;
  const entry: Entry = {
    taskId: task,
    type: TYPES[n % TYPES.length]!,
    text: `${n} ${first} ${count} ${'é✓ "log"\n'.repeat(times)}`,
    timestamp: 1_700_000_000_000 + n * 997,
  };
  if (n % 3 !== 0) entry.agent = `agent ${n % 5}`;
  if (n % 4 !== 0) entry.detail = detailOf(n);
  return entry;
}

function detailOf(n: number): JsonValue {
  return n % 4 === 1 ? { n, of: ['a', null, -1.5e-7], ' ': {} } : n % 4 === 2 ? `detail ${n}` : null;
}

/** Where an entry that was read says that it belongs. */
export function placeOf({ taskId, text }: StoredEntry): { readonly call: Call; readonly n: number } {
  const [n, first, count] = text.split(' ', 3).map(Number) as [number, number, number];
  return { call: { task: taskId, first, count }, n };
}
