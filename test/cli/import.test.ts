/** `agentlog import`: each entry of a source once, whole, and the source as it was. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { createAgentLogStore } from '../../src/adapters/fusion.js';
import { tempDir } from '../package/support/temp-dir.js';
import { agentlog, PROGRAM } from './support/cli.js';
import {
  addFusionRows,
  asFusionEntry,
  checksums,
  entriesIn,
  fusionLines,
  fusionRow,
  imported,
  marksIn,
} from './support/import-sources.js';

const upTo = (n: number) => Array.from({ length: n }, (_, i) => asFusionEntry(i + 1));

const straced = (...args: string[]) =>
  spawnSync('strace', ['-o', '/dev/null', ...args], { encoding: 'utf8' });

function place() {
  const root = tempDir();
  const source = join(root, 'source');
  mkdirSync(source);
  return { store: join(root, 'store'), source, database: join(source, 'fusion.db') };
}

describe("Fusion's table", () => {
  it('comes over whole, once however often it is imported, and what was added later comes, too', async () => {
    const { store, database } = place();
    addFusionRows(database, 1, 5000).close();
    const first = await imported(0, store, database, '--from', 'fusion-sqlite');
    expect(first).toMatchObject({ made: true, entries: 5000, entriesBefore: 0, problemCount: 0 });
    expect(await entriesIn(store)).toEqual(upTo(5000));
    const second = await imported(0, store, database, '--from', 'fusion-sqlite');
    expect(second).toMatchObject({ made: false, entries: 0, entriesBefore: 5000 });
    const db = addFusionRows(database, 5001, 5010);
    // What was pruned there meanwhile is no reason to stop: its ids are never given again.
    db.exec('DELETE FROM agentLogEntries WHERE id IN (1, 5000)');
    db.close();
    const third = await imported(0, store, database, '--from', 'fusion-sqlite');
    expect(third).toMatchObject({ entries: 10, entriesBefore: 5000 });
    expect(await entriesIn(store)).toEqual(upTo(5010));
    expect(await marksIn(store)).toBe(1);
  });

  it('is read by agentlog/fusion as Fusion had it', async () => {
    const { store, database } = place();
    addFusionRows(database, 1, 70).close();
    await imported(0, store, database, '--from', 'fusion-sqlite');
    const fusion = await createAgentLogStore(store, { compact: false });
    const [entry] = await fusion.getAgentLogs('FN-0', { limit: 1 });
    await fusion.close();
    const { detail, agent, ...row } = fusionRow(70);
    expect(entry).toEqual({ ...row, detail, agent, id: 70 });
  });

  it('gives what is in its log only, and is not changed by a byte', async () => {
    const { store, source, database } = place();
    const living = join(source, '..', 'living.db');
    const empty = new Database(living);
    empty.pragma('journal_mode = WAL');
    empty.close();
    const db = addFusionRows(living, 1, 300);
    // As a program leaves it that is killed.
    for (const ending of ['', '-wal']) copyFileSync(living + ending, database + ending);
    db.close();
    const before = checksums(source);
    const { entries } = await imported(0, store, database, '--from', 'fusion-sqlite');
    expect(checksums(source)).toEqual(before);
    expect(entries).toBe(300);
    expect(await entriesIn(store)).toEqual(upTo(300));
  });

  it('is refused when it is another one than last time', async () => {
    const { store, database } = place();
    addFusionRows(database, 1, 100).close();
    await imported(0, store, database, '--from', 'fusion-sqlite');
    const db = new Database(database);
    db.exec("UPDATE agentLogEntries SET timestamp = '2020-01-01T00:00:00.000Z' WHERE id = 100");
    db.close();
    const { code, stderr } = await agentlog(['import', store, database, '--from', 'fusion-sqlite']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('its rows are not those of then')]);
    expect(await entriesIn(store)).toHaveLength(100);
  });
});

describe("Fusion's files", () => {
  const tasks = (source: string, task: string) => {
    mkdirSync(join(source, 'tasks', task), { recursive: true });
    return join(source, 'tasks', task, 'agent-log.jsonl');
  };
  const textsOf = async (store: string) => (await entriesIn(store)).map(({ text }) => text);
  const texts = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => fusionRow(from + i).text);

  it('come over from all tasks, with what is malformed told by its line', async () => {
    const { store, source } = place();
    writeFileSync(tasks(source, 'FN-1'), fusionLines(1, 3000));
    const noTime = JSON.stringify({ ...fusionRow(1), timestamp: 'yesterday' });
    const half = '{"taskId":"FN-2","text":"glued{"taskId":"FN-2"}';
    const { taskId: _, ...untold } = fusionRow(9);
    const text = `${fusionLines(1, 2)}${half}\n\n${noTime}\n[1]\n${JSON.stringify(untold)}\n`;
    const file = tasks(source, 'FN-2');
    writeFileSync(file, text);
    const result = await imported(3, store, source, '--from', 'fusion-jsonl');
    expect(result).toMatchObject({ sources: 2, entries: 3003, skipped: 3 });
    expect(result.problems.map(({ where }: { where: string }) => where)).toEqual(
      [3, 5, 6].map((line) => `${file}:${line}`),
    );
    const found = await entriesIn(store);
    expect(found.slice(0, 3000).map(({ text }) => text)).toEqual(texts(1, 3000));
    expect(found.at(-1)).toMatchObject({ taskId: 'FN-2', text: fusionRow(9).text });
    expect(found[4]).toMatchObject({ detail: { detail: JSON.stringify({ n: 5 }), timing: { n: 5 } } });
    const again = await imported(0, store, source, '--from', 'fusion-jsonl');
    expect(again).toMatchObject({ entries: 0, entriesBefore: 3003, skippedBefore: 3 });
    const { stdout } = await agentlog(['import', store, source, '--from', 'fusion-jsonl']);
    expect(stdout).toContain('behind 3,003 of earlier runs, which could not take 3.');
    expect(await marksIn(store)).toBe(2);
  });

  it.each([
    ['in the middle of an object', (line: string) => line.length - 10],
    ['before the newline only', (line: string) => line.length - 1],
  ])('take a line that is cut %s once, when it is whole', async (_, cutAt) => {
    const { store, source } = place();
    const file = tasks(source, 'FN-1');
    const last = fusionLines(11, 11);
    writeFileSync(file, fusionLines(1, 10) + last.slice(0, cutAt(last)));
    const { unfinished } = await imported(0, store, source, '--from', 'fusion-jsonl');
    appendFileSync(file, last.slice(cutAt(last)) + fusionLines(12, 20));
    expect(unfinished).toEqual(cutAt(last) === last.length - 1 ? [] : [`${file}:11`]);
    await imported(0, store, source, '--from', 'fusion-jsonl');
    expect(await textsOf(store)).toEqual(texts(1, 20));
  });

  it('are refused when one was rewritten, or is shorter', async () => {
    const { store, source } = place();
    const file = tasks(source, 'FN-1');
    writeFileSync(file, fusionLines(1, 100));
    await imported(0, store, file, '--from', 'fusion-jsonl');
    truncateSync(file, 1000);
    const shorter = await agentlog(['import', store, file, '--from', 'fusion-jsonl']);
    writeFileSync(file, fusionLines(2, 200));
    const other = await agentlog(['import', store, file, '--from', 'fusion-jsonl']);
    for (const { code, stderr } of [shorter, other])
      expect([code, stderr]).toEqual([1, expect.stringContaining('they are not what they were')]);
    expect(await textsOf(store)).toEqual(texts(1, 100));
  });
});

describe("Fusion's files of several tasks", () => {
  const fileOf = (source: string, task: string) => join(source, 'tasks', task, 'agent-log.jsonl');

  function twoTasks() {
    const { store, source } = place();
    for (const task of ['FN-1', 'FN-2']) {
      mkdirSync(join(source, 'tasks', task), { recursive: true });
      writeFileSync(fileOf(source, task), fusionLines(1, 10));
    }
    return { store, source };
  }

  it('are found beside files that are none of them', async () => {
    const { store, source } = twoTasks();
    for (const name of ['index.json', 'agent-log.jsonl']) writeFileSync(join(source, 'tasks', name), '{}');
    mkdirSync(join(source, 'tasks', 'FN-3'));
    expect(await imported(0, store, source, '--from', 'fusion-jsonl')).toMatchObject({ sources: 2 });
    expect(await entriesIn(store)).toHaveLength(20);
    const { code, stderr } = await agentlog(['import', store, '/dev/null', '--from', 'fusion-jsonl']);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('/dev/null is neither a file nor a directory'),
    ]);
  });

  it('are found by the directory of one task, too, and are the same file', async () => {
    const { store, source } = twoTasks();
    const task = join(source, 'tasks', 'FN-2');
    await imported(0, store, task, '--from', 'fusion-jsonl');
    expect(await entriesIn(store)).toHaveLength(10);
    expect(await imported(0, store, source, '--from', 'fusion-jsonl')).toMatchObject({ entriesBefore: 10 });
  });

  it('come over behind one that is refused, which is told', async () => {
    const { store, source } = twoTasks();
    await imported(0, store, source, '--from', 'fusion-jsonl');
    const [first, second] = ['FN-1', 'FN-2'].map((task) => fileOf(source, task)) as [string, string];
    writeFileSync(first, fusionLines(5, 30));
    appendFileSync(second, fusionLines(11, 15));
    const { entries, problems } = await imported(3, store, source, '--from', 'fusion-jsonl');
    expect([entries, problems]).toEqual([5, [expect.objectContaining({ where: first, entries: null })]]);
    expect(await entriesIn(store)).toHaveLength(25);
  });
});

describe('what the store refuses', () => {
  it('is told, and all around it is imported', async () => {
    const { store, source } = place();
    const file = join(source, 'some.jsonl');
    const line = (taskId: string, more = {}) =>
      `${JSON.stringify({ taskId, text: taskId.slice(0, 9), timestamp: 1_767_000_000_000, ...more })}\n`;
    const deep = JSON.parse(`${'['.repeat(600)}${']'.repeat(600)}`);
    writeFileSync(file, line('one') + line('x'.repeat(70_000)) + line('deep', { deep }) + line('two'));
    const result = await imported(3, store, file, '--from', 'jsonl');
    expect(result).toMatchObject({ entries: 2, skipped: 2 });
    expect(result.problems.map(({ where }: { where: string }) => where)).toEqual([`${file}:2`, `${file}:3`]);
    expect((await entriesIn(store)).map(({ text }) => text)).toEqual(['one', 'two']);
  });
});

describe('the place of the store', () => {
  it.each([
    [['segments/'], 0],
    [['segments/', 'locks/', 'archive/', 'quarantine/', 'agentlog.json.0123456789abcdef.new'], 0],
    [['locks/', 'letters.txt'], 1],
    [['archive/', 'archive/letters.txt'], 1],
  ])('where a run was ended while it made one, or somebody keeps something: %j', async (names, expected) => {
    const { store, database } = place();
    addFusionRows(database, 1, 10).close();
    mkdirSync(store);
    for (const name of names)
      if (name.endsWith('/')) mkdirSync(join(store, name));
      else writeFileSync(join(store, name), '');
    const { code, stderr } = await agentlog(['import', store, database, '--from', 'fusion-sqlite']);
    expect([code, stderr]).toEqual([expected, expected === 0 ? '' : expect.stringContaining('is no store')]);
  });

  it.skipIf(straced('true').status !== 0)('whose disk fails says so in a sentence', async () => {
    const { store, database } = place();
    addFusionRows(database, 1, 10).close();
    const args = [database, '--from', 'fusion-sqlite'] as const;
    await imported(0, store, ...args);
    const lock = join(store, 'locks', 'import.lock');
    const failing = ['-f', '-qq', '-P', lock, '-e', 'inject=write,pwrite64:error=ENOSPC'];
    const { status, stderr } = straced(...failing, process.execPath, PROGRAM, 'import', store, ...args);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`cannot take the lock ${lock}: ENOSPC`)]);
    await imported(0, store, ...args);
  });
});
