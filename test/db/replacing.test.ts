/** A database that takes the place of another one: whoever looks finds one of the two, and a leader finishes what another began. */
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { makeOneFile } from '../../src/db/copy.js';
import {
  declareHealed,
  finishReplacing,
  keptPath,
  removeUnfinished,
  unfinishedPath,
} from '../../src/db/replacing.js';
import { RowReader } from '../../src/db/row-reader.js';
import { RowStore } from '../../src/db/row-store.js';
import { tempDir } from '../package/support/temp-dir.js';

const OPTIONS = { allowUnsafeSqlite: false, fullText: false };

/** One row, of which the text says which database it is in; with its log, or as one file. */
function make(path: string, text: string): RowStore {
  const store = RowStore.open(path, OPTIONS);
  store.begin();
  const rest = { taskId: 't', type: 'text', agent: undefined, detail: undefined, timestamp: 1 };
  store.add({ idHigh: 1, idLow: 1024, text, ...rest });
  store.noteLastIds();
  store.commit();
  return store;
}

interface Place {
  readonly path: string;
  readonly quarantine: string;
  /** Where the old one is to be found in the end. */
  readonly kept: string;
}

/** An old database whose row is in its log only, and a new one that is complete. */
function place(): Place {
  const directory = tempDir();
  const path = join(directory, 'agent-log.db');
  const quarantine = join(directory, 'quarantine');
  mkdirSync(quarantine);
  make(unfinishedPath(path), 'new').closeCleanly();
  makeOneFile(unfinishedPath(path));
  const old = make(path, 'old');
  onTestFinished(() => old.close());
  declareHealed(path);
  removeUnfinished(path);
  return { path, quarantine, kept: keptPath(path, quarantine)! };
}

async function textIn(path: string): Promise<string> {
  const reader = new RowReader(path);
  try {
    const row = await reader.ask((rows) => rows!.row(1, 1024));
    return (row as { text: string }).text;
  } finally {
    reader.close();
  }
}

/** As finishReplacing does them, one after the other. */
const STEPS: readonly ((place: Place) => void)[] = [
  ({ path, kept }) => linkSync(path, kept),
  ({ path }) => unlinkSync(path),
  ({ path, kept }) => renameSync(`${path}-wal`, `${kept}-wal`),
  ({ path, kept }) => renameSync(`${path}-shm`, `${kept}-shm`),
  ({ path }) => renameSync(`${path}.healed`, path),
];

it.each(STEPS.map((_, done) => done).concat(STEPS.length))(
  'is finished by the next leader, wherever it was left (after %i steps)',
  async (done) => {
    const where = place();
    const { path, quarantine, kept } = where;
    for (const step of STEPS.slice(0, done)) step(where);
    expect(await textIn(path)).toBe(done < 2 ? 'old' : 'new');
    finishReplacing(path, quarantine);
    expect(await textIn(path)).toBe('new');
    expect(existsSync(`${path}.healed`)).toBe(false);
    expect(readdirSync(quarantine).sort()).toEqual(
      ['', '-shm', '-wal'].map((end) => kept.slice(quarantine.length + 1) + end).sort(),
    );
    const leader = RowStore.open(path, OPTIONS);
    expect(leader.check()).toBeUndefined();
    leader.close();
    // The old one is whole, with what stood in its log.
    expect(await textIn(kept)).toBe('old');
  },
);

it('takes the place of none, too', async () => {
  const where = place();
  const { path, quarantine } = where;
  for (const ending of ['', '-wal', '-shm']) unlinkSync(path + ending);
  expect(await textIn(path)).toBe('new');
  finishReplacing(path, quarantine);
  expect(await textIn(path)).toBe('new');
  expect(readdirSync(quarantine)).toEqual([]);
});

it('never stands beside the log of another', async () => {
  const { path, quarantine } = place();
  closeSync(openSync(`${path}-journal`, 'w'));
  finishReplacing(path, quarantine);
  for (const ending of ['-wal', '-shm', '-journal']) expect(existsSync(path + ending)).toBe(false);
});

it('is read from the new file by whoever had the old one open', async () => {
  const { path, quarantine } = place();
  const reader = new RowReader(path);
  onTestFinished(() => reader.close());
  const read = () => reader.ask((rows) => (rows!.row(1, 1024) as { text: string }).text);
  expect(await read()).toBe('old');
  finishReplacing(path, quarantine);
  expect(await read()).toBe('new');
});
