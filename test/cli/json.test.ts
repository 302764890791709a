/** What --json prints has the shape that docs/cli.md says, for every command. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { COMMANDS } from '../../tools/cli/definitions.js';
import { newTempDir } from '../package/support/temp-dir.js';
import { agentlog } from './support/cli.js';
import { misfits } from './support/shape.js';
import { storeWithAll } from './support/store-with-all.js';

const directory = newTempDir();
afterAll(() => rmSync(directory, { recursive: true }));
const { store, sealed, open, damaged } = await storeWithAll(directory);

const lines = join(directory, 'some.jsonl');
writeFileSync(
  lines,
  `${JSON.stringify({ taskId: 'task 1', text: 'imported', timestamp: 1_767_000_000_000 })}\n`,
);

/** Of each command some calls; with the code that it exits with. */
const CALLS: Readonly<Record<string, readonly (readonly [code: number, ...args: string[]])[]>> = {
  status: [[0, store]],
  log: [
    [0, store],
    [0, store, 'task 1', '-n', '3'],
  ],
  tasks: [[0, store]],
  ls: [[0, store, '--all']],
  inspect: [
    [0, sealed],
    [0, open],
    [3, damaged],
  ],
  dump: [
    [0, sealed],
    [3, damaged],
    [0, sealed, '--payload'],
  ],
  verify: [
    [0, store],
    [0, sealed],
    [3, damaged],
  ],
  sql: [[0, store, "SELECT id, text, 1.5, NULL AS none, x'00ff' AS bytes FROM agentLogEntries"]],
  export: [[0, store, '--task', 'task 1']],
  import: [[0, store, lines, '--from', 'jsonl']],
  compact: [[0, store, '--yes']],
  prune: [[0, store, '--keep-per-task', '5', '--yes']],
  backup: [[0, store, join(directory, 'copy')]],
  rebuild: [[0, store, '--yes']],
  salvage: [[0, damaged, '--out', directory]],
};

test.each(COMMANDS.map((definition) => [definition.name, definition.json] as const))(
  '%s',
  async (name, shape) => {
    expect(CALLS[name]?.length).toBeGreaterThan(0);
    for (const [wanted, ...args] of CALLS[name]!) {
      const { stdout, stderr, code } = await agentlog([name, ...args, '--json']);
      expect({ args, code, stderr }).toEqual({ args, code: wanted, stderr: '' });
      const values = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
      expect(values.length).toBeGreaterThan(0);
      for (const value of values) expect(misfits(value, shape)).toEqual([]);
    }
  },
);

test('a shape is told from another', () => {
  const shape = `{ a: number; b?: string[]; c: 'x' | null; [d: string]: JSON }`;
  expect(misfits({ a: 1, c: 'x' }, shape)).toEqual([]);
  expect(misfits({ a: 1, b: ['y'], c: null, e: {} }, shape)).toEqual([]);
  for (const value of [null, [], { a: '1', c: 'x' }, { a: 1, c: 'y' }, { a: 1, b: [2], c: null }, { c: 'x' }])
    expect(misfits(value, shape)).not.toEqual([]);
  expect(misfits({ a: 1, b: 2 }, '{ a: number }')).not.toEqual([]);
});
