/** Stores with entries that are the same each time, but for their ids. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Entry } from '../../../src/entry.js';
import type { AgentLogOptions } from '../../../src/options.js';
import { openAgentLog, storePath } from '../../crash/support/stores.js';
import { newTempDir } from '../../package/support/temp-dir.js';

const START = Date.UTC(2026, 5, 1, 23, 59, 58);

/** One second after the other, over midnight. */
export const SOME: readonly Entry[] = [
  { taskId: 'FN-041', type: 'text', agent: 'planner', text: 'Reads the issue.' },
  {
    taskId: 'FN-042',
    type: 'thinking',
    agent: 'executor',
    text: 'The tail of the segment is torn, so the last batch does not count, whatever its checksums say about the records in it.',
  },
  { taskId: 'FN-042', type: 'tool_call', agent: 'executor', text: 'npm test', detail: { timeout: 120_000 } },
  {
    taskId: 'FN-042',
    type: 'tool_error',
    agent: 'executor',
    text: 'ENOSPC: no space left on device\n    at write (fs.js:1)\n\n    at flush (fs.js:2)\n',
    detail: { exit: 1, command: 'npm test -- --run src/db', took: [1, 2, 3], note: 'ünïcödé ✓' },
  },
  { taskId: 'FN-041', type: 'status', text: 'Waits for FN-042.' },
  {
    taskId: 'FN-043',
    type: 'text',
    agent: 'reviewer',
    text: '漢字かな交じり文 🦊 and plain text. '.repeat(6),
  },
];

/** What would steer a terminal, each with a name that shows whether all of it was seen. */
const HOSTILE = [
  'clear\u001b[2J\u001b[H',
  'title\u001b]0;owned\u0007',
  'c1\u009b31m',
  'bell\u0007back\b\b\bdelete\u007f',
  'null\u0000return\rover',
  'bidi\u202eevil\u2066\u2069',
  'lines\u2028\u2029\u000b\u000c',
];

export const HOSTILE_ENTRIES: readonly Entry[] = HOSTILE.flatMap((text) => [
  { taskId: text, type: text, agent: text, text: `${text}\n${text}`, detail: { [text]: text } },
]);

/** The path of a new store; all are in the database but the last one. */
export async function storeOf(
  entries: readonly Entry[],
  options: AgentLogOptions = {},
  path = storePath(),
): Promise<string> {
  const log = await openAgentLog(path, { now: () => START, ...options });
  const all = entries.map((entry, n) => ({ timestamp: START + 1000 * n, ...entry }));
  const last = all.pop();
  await log.appendBatch(all);
  await log.compact();
  if (last !== undefined) await log.append(last);
  await log.close();
  return path;
}

/** One for all tests of a file, none of which changes it. */
export function sharedStoreOf(entries: readonly Entry[]): { readonly path: string } {
  const directory = newTempDir();
  const path = join(directory, 'store');
  beforeAll(() => storeOf(entries, {}, path).then(() => undefined));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return { path };
}
