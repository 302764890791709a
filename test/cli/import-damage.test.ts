/** `agentlog import` of a database with damaged pages: all that can be read, and which rows could not. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../package/support/temp-dir.js';
import { Random } from '../support/random.js';
import { PROGRAM } from './support/cli.js';
import { addFusionRows, asFusionEntry, checksums, entriesIn, imported } from './support/import-sources.js';

const ROWS = 4000;
const PAGE = 4096;

interface Pages {
  /** Ids by the number of the leaf that they are on. */
  readonly leaves: ReadonlyMap<number, readonly number[]>;
  readonly inner: readonly number[];
}

/** Of one SQLite finds by itself, page by page. */
function pagesOf(path: string): Pages {
  const db = new Database(path, { readonly: true });
  const found = db.prepare("SELECT pageno, pagetype FROM dbstat WHERE name = 'agentLogEntries'").all() as {
    pageno: number;
    pagetype: string;
  }[];
  db.close();
  const bytes = readFileSync(path);
  const leaves = new Map<number, number[]>();
  for (const { pageno, pagetype } of found) if (pagetype === 'leaf') leaves.set(pageno, idsOn(bytes, pageno));
  return {
    leaves,
    inner: found.filter(({ pagetype }) => pagetype === 'internal').map(({ pageno }) => pageno),
  };
}

/** Ids below 16,384 are varints of one or two bytes, and so are lengths here. */
function idsOn(bytes: Buffer, page: number): number[] {
  const start = (page - 1) * PAGE;
  const varint = (at: number): [value: number, end: number] =>
    bytes[at]! < 0x80 ? [bytes[at]!, at + 1] : [((bytes[at]! & 0x7f) << 7) | bytes[at + 1]!, at + 2];
  return Array.from({ length: bytes.readUInt16BE(start + 3) }, (_, i) => {
    const cell = start + bytes.readUInt16BE(start + 8 + 2 * i);
    return varint(varint(cell)[1])[0];
  });
}

function damagedCopy(
  root: string,
  path: string,
  pages: readonly number[],
  fill: (page: Buffer) => void,
): string {
  const bytes = readFileSync(path);
  for (const page of pages) fill(bytes.subarray((page - 1) * PAGE, page * PAGE));
  const copy = join(root, 'damaged.db');
  writeFileSync(copy, bytes);
  return copy;
}

const idOf = ({ detail }: { detail?: unknown }) => (detail as { timing: { id: number } }).timing.id;

/** Every id that is told as lost, from "rows 5 to 9 of …". */
function told(problems: readonly { where: string }[]): Set<number> {
  const ids = new Set<number>();
  for (const { where } of problems) {
    const [, one, from, to, rest, upTo] =
      /^(?:row (\d+)|rows (\d+) to (\d+)|what there was from row (\d+) on|rows up to (\d+)) of/.exec(where) ??
      [];
    const [first, last] = [Number(one ?? from ?? rest ?? 1), Number(one ?? to ?? upTo ?? ROWS)];
    for (let id = first; id <= Math.min(last, ROWS); id++) ids.add(id);
  }
  return ids;
}

async function afterDamage(pick: (pages: Pages) => number[], fill: (page: Buffer) => void) {
  const root = tempDir();
  const path = join(root, 'fusion.db');
  addFusionRows(path, 1, ROWS).close();
  const pages = pagesOf(path);
  const hit = pick(pages);
  const copy = damagedCopy(root, path, hit, fill);
  const before = checksums(root);
  const result = await imported(3, join(root, 'store'), copy, '--from', 'fusion-sqlite');
  expect(checksums(root)).toEqual(before);
  const found = await entriesIn(join(root, 'store'));
  const lost = new Set(hit.flatMap((page) => pages.leaves.get(page) ?? []));
  return { result, found, lost };
}

const whole = (lost: ReadonlySet<number>) =>
  Array.from({ length: ROWS }, (_, i) => i + 1)
    .filter((id) => !lost.has(id))
    .map(asFusionEntry);
const strace = (...args: string[]) => spawnSync('strace', ['-o', '/dev/null', ...args], { encoding: 'utf8' });
const zero = (page: Buffer) => void page.fill(0);

describe('rows around damage are imported, and those that are lost are told', () => {
  it.each([
    ['zeroed', zero],
    ['of other bytes', (page: Buffer) => void page.fill(0x5a)],
    ['with a header of no kind', (page: Buffer) => void page.fill(0xff, 0, 8)],
  ])('single leaves that are %s', async (_, fill) => {
    const every = ({ leaves }: Pages) => [...leaves.keys()].filter((_, i) => i % 40 === 7);
    const { result, found, lost } = await afterDamage(every, fill);
    expect(found).toEqual(whole(lost));
    expect(told(result.problems)).toEqual(lost);
  });

  it('leaves beside each other, the first and the last', async () => {
    const some = ({ leaves }: Pages) => {
      const all = [...leaves].sort(([, a], [, b]) => a[0]! - b[0]!).map(([page]) => page);
      return [all[0]!, ...all.slice(20, 30), all[32]!, all.at(-1)!];
    };
    const { found, lost } = await afterDamage(some, zero);
    expect(found).toEqual(whole(lost));
  });

  it('an inner page: what is below it is found on its own pages', async () => {
    const { found, result } = await afterDamage(({ inner }) => [...inner], zero);
    expect(found).toEqual(whole(new Set()));
    expect(result.problemCount).toBeGreaterThan(0);
  });

  it('the first page, and so the schema', async () => {
    const { found } = await afterDamage(() => [1], zero);
    expect(found).toEqual(whole(new Set()));
  });

  it.each(['UTF-8', 'UTF-16'])('an inner page, beside a table of the same shape, in %s', async (encoding) => {
    const root = tempDir();
    const path = join(root, 'crush.db');
    const db = new Database(path);
    db.pragma(`encoding = '${encoding}'`);
    for (const table of ['messages', 'drafts'])
      db.exec(
        `CREATE TABLE ${table} (id TEXT PRIMARY KEY, session_id TEXT NOT NULL, role TEXT NOT NULL, parts TEXT NOT NULL, created_at INTEGER NOT NULL);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
         INSERT INTO ${table} SELECT hex(randomblob(16)), 's', 'user', '${table} ' || i, 1767000000 FROM n`,
      );
    const inner = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'messages'").pluck().get();
    db.exec('DELETE FROM messages WHERE rowid BETWEEN 500 AND 1500');
    db.close();
    const copy = damagedCopy(root, path, [inner as number], zero);
    const [store, ...args] = [join(root, 'store'), copy, '--from', 'sqlite', '--map', 'crush'] as const;
    const { entries } = await imported(3, store, ...args);
    const texts = (await entriesIn(store)).map(({ text }) => text.split(' ')[0]);
    // SQLite's texts in UTF-16 are not read from pages.
    expect(texts).toEqual(Array.from({ length: encoding === 'UTF-8' ? 999 : 0 }, () => 'messages'));
    expect(await imported(3, store, ...args)).toMatchObject({ entries: 0, entriesBefore: entries });
  });

  it.skipIf(strace('true').status !== 0)('pages that the disk does not give', async () => {
    const root = tempDir();
    const path = join(root, 'fusion.db');
    addFusionRows(path, 1, ROWS).close();
    const store = join(root, 'store');
    const inject = ['-f', '-qq', '-P', path, '-e', 'inject=pread64:error=EIO:when=100..110'];
    const command = [process.execPath, PROGRAM, 'import', store, path, '--from', 'fusion-sqlite', '--json'];
    const { status, stdout } = strace(...inject, ...command);
    expect([0, 3]).toContain(status);
    const found = await entriesIn(store);
    const lost = told(JSON.parse(stdout).problems);
    expect(lost.size).toBeLessThan(ROWS / 2);
    expect(found).toEqual(whole(lost));
  });

  it('whatever is on the pages, it ends, and nothing comes twice or is made up', async () => {
    const random = new Random(7);
    for (let round = 0; round < 2; round++) {
      const some = ({ leaves, inner }: Pages) =>
        [...leaves.keys(), ...inner].filter(() => random.below(20) === 0);
      const { found, lost } = await afterDamage(some, (page) => {
        for (let i = 0; i < 8; i++) page[i] = random.below(256);
      });
      const ids = found.map(idOf);
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
      for (const entry of found.filter((entry) => !lost.has(idOf(entry))))
        expect(entry).toEqual(asFusionEntry(idOf(entry)));
      expect(ids.length).toBeGreaterThan(ROWS / 2);
    }
  });
});
