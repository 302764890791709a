/** `agentlog import` that is killed at any moment, again and again: in the end each entry is there once. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../package/support/temp-dir.js';
import { Random } from '../support/random.js';
import { agentlog, environment, PROGRAM } from './support/cli.js';
import {
  addFusionRows,
  asFusionEntry,
  entriesIn,
  fusionLines,
  fusionRow,
  imported,
  marksIn,
} from './support/import-sources.js';
import { CTRL_C, Terminal, terminalMissing } from './support/terminal.js';

const ROWS = 20_000;

function start(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [PROGRAM, 'import', ...args, '--json'], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Bytes that stand in segments: what grows while it imports. */
function written(store: string): number {
  try {
    const directory = join(store, 'segments');
    return readdirSync(directory).reduce((sum, name) => {
      const status = statSync(join(directory, name), { throwIfNoEntry: false });
      return sum + (status?.blocks ?? 0);
    }, 0);
  } catch {
    return 0;
  }
}

it.each(['fusion-sqlite', 'fusion-jsonl'] as const)('%s, killed again and again', async (kind) => {
  const random = new Random(kind.length);
  const root = tempDir();
  const store = join(root, 'store');
  const path = join(root, kind === 'fusion-sqlite' ? 'fusion.db' : 'tasks');
  if (kind === 'fusion-sqlite') addFusionRows(path, 1, ROWS).close();
  else {
    mkdirSync(join(path, 'FN-1'), { recursive: true });
    writeFileSync(join(path, 'FN-1', 'agent-log.jsonl'), fusionLines(1, ROWS));
  }
  let kills = 0;
  for (; kills < 6; kills++) {
    const child = start(store, path, '--from', kind);
    const ended = once(child, 'close') as Promise<[number | null, string | null]>;
    const isOver = ended.then(() => true);
    // Wherever it is by then: at once, or behind some steps that can be seen on the disk.
    let steps = random.below(4);
    for (let size = written(store); steps > 0; ) {
      if (await Promise.race([isOver, delay(1, false)])) break;
      const now = written(store);
      if (now !== size) steps--;
      size = now;
    }
    child.kill('SIGKILL');
    const [code] = await ended;
    if (code !== null) break;
  }
  expect(kills).toBeGreaterThan(2);
  await imported(0, store, path, '--from', kind);
  const found = await entriesIn(store);
  if (kind === 'fusion-sqlite')
    expect(found).toEqual(Array.from({ length: ROWS }, (_, i) => asFusionEntry(i + 1)));
  else
    expect(found.map(({ text }) => text)).toEqual(
      Array.from({ length: ROWS }, (_, i) => fusionRow(i + 1).text),
    );
  expect(await marksIn(store)).toBe(1);
});

it('two at once: one is refused with a sentence, and nothing is doubled', async () => {
  const root = tempDir();
  const [store, path] = [join(root, 'store'), join(root, 'fusion.db')];
  addFusionRows(path, 1, ROWS).close();
  const first = start(store, path, '--from', 'fusion-sqlite');
  const ended = once(first, 'close');
  while (written(store) === 0) await delay(1);
  const second = await agentlog(['import', store, path, '--from', 'fusion-sqlite']);
  expect([second.code, second.stderr]).toEqual([1, expect.stringContaining('another import into')]);
  expect(await ended).toEqual([0, null]);
  expect(await entriesIn(store)).toHaveLength(ROWS);
});

it.skipIf(terminalMissing() !== undefined)('Ctrl-C ends it well, and says how to go on', async () => {
  const root = tempDir();
  const [store, path] = [join(root, 'store'), join(root, 'fusion.db')];
  addFusionRows(path, 1, ROWS).close();
  const terminal = new Terminal(['import', store, path, '--from', 'fusion-sqlite']);
  await terminal.shows('%  ');
  terminal.type(CTRL_C);
  expect(await terminal.ended).toBe(1);
  expect(terminal.screen).toContain('the same command goes on behind it');
  const { entries, entriesBefore } = await imported(0, store, path, '--from', 'fusion-sqlite');
  expect(entries + entriesBefore).toBe(ROWS);
  expect(await entriesIn(store)).toHaveLength(ROWS);
});
