/** `agentlog ls`, `tasks`, `verify` of a store and `sql`: a good store, a damaged one, and one whose database cannot be read. */
import { readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { OUTSIDE } from '../crash/support/database.js';
import { runHost, startHost } from '../crash/support/host.js';
import { agentlog, expectGolden, transcript } from './support/cli.js';
import { goodStore, makeGoodStore, placeSegment } from './support/good-store.js';
import { MASKS } from './support/masks.js';

beforeAll(makeGoodStore);

const printed = async (args: readonly string[], cwd: string, columns?: number) =>
  transcript(await agentlog(args, columns === undefined ? { cwd } : { cwd, columns }), MASKS);

const linesOf = async (args: readonly string[], cwd: string) => {
  const { stdout } = await agentlog([...args, '--json'], { cwd });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
};

/** A store with damage of every kind that can be seen. */
async function damagedStore(): Promise<string> {
  const cwd = goodStore();
  const store = join(cwd, 'store');
  placeSegment(store, 'damaged-payload');
  placeSegment(store, 'damaged-sector-zeroed', 'quarantine');
  await runHost(
    `${OUTSIDE}
    const db = open(args.store);
    db.exec("UPDATE agentLogEntries SET text = 'something else' WHERE id = (SELECT min(id) FROM agentLogEntries)");
    db.exec("UPDATE agentLogTasks SET entries = 99 WHERE taskId = 'FN-041' AND type = 'text'");
    db.close();
    say(true);`,
    { args: { store } },
  );
  return cwd;
}

const garbledStore = () => {
  const cwd = goodStore();
  writeFileSync(join(cwd, 'store', 'agent-log.db'), 'this is no database'.repeat(1000));
  return cwd;
};

describe('agentlog ls', () => {
  it('lists what waits, at 80 columns, and everything, at 160', async () => {
    const cwd = goodStore();
    expectGolden('ls-good-80', await printed(['ls', 'store'], cwd, 80));
    expectGolden('ls-good-all-160', await printed(['ls', 'store', '--all'], cwd, 160));
  });

  it('says what is damaged, and ends with 3', async () => {
    expectGolden('ls-damaged', await printed(['ls', 'store', '--all'], await damagedStore(), 80));
  });

  it('does not need the database', async () => {
    const [first, ...others] = await linesOf(['ls', 'store', '--all'], garbledStore());
    expect(others).toHaveLength(2);
    expect(first).toMatchObject({
      path: expect.stringMatching(/^store\/segments\/0000-.*\.sealed$/),
      place: 'segments',
      slot: 0,
      state: 'sealed',
      writer: null,
      entries: 3,
      inDatabase: null,
      verdict: { kind: 'sealed', entries: 3, holes: 0, tailBytes: 0 },
    });
  });

  it('names the writer of a segment that is being written', async () => {
    const cwd = goodStore();
    const host = startHost(
      `const log = await openAgentLog(args.store, { compact: false });
      await log.append(entry('one'));
      await log.flush();
      say(process.pid);
      await hear();`,
      { args: { store: join(cwd, 'store') } },
    );
    const pid = await host.says();
    const live = (await linesOf(['ls', 'store'], cwd)).filter(({ writer }) => writer === 'alive');
    expect(live).toMatchObject([{ pid, state: 'open', inDatabase: false, verdict: { kind: 'live' } }]);
  });
});

describe('agentlog tasks', () => {
  it('has counts, and the first and the last activity', async () => {
    const cwd = goodStore();
    expectGolden('tasks-good-80', await printed(['tasks', 'store'], cwd, 80));
    const [newest] = await linesOf(['tasks', 'store', '-n', '1'], cwd);
    expect(newest).toMatchObject({
      taskId: 'FN-042',
      entries: 23,
      firstTimestamp: Date.UTC(2026, 0, 2, 3, 6, 5),
    });
  });
});

describe('agentlog verify of a store', () => {
  it('says that a good one is well', async () => {
    expectGolden('verify-store-good', await printed(['verify', 'store'], goodStore(), 80));
  });

  it('lists what is wrong, with what to do, and ends with 3', async () => {
    const cwd = await damagedStore();
    expectGolden('verify-store-damaged', await printed(['verify', 'store'], cwd, 80));
    const [answer] = await linesOf(['verify', 'store'], cwd);
    expect(answer).toMatchObject({ ok: false, problemCount: 4, quarantined: 1 });
  });

  it('finds that the database is none', async () => {
    expectGolden('verify-store-garbled', await printed(['verify', 'store'], garbledStore(), 80));
  });

  it('waits for nobody’s lock, and takes none', async () => {
    const cwd = goodStore();
    const host = startHost(
      `const log = await openAgentLog(args.store);
      await log.append(entry('one'));
      say(true);
      for (;;) { await hear(); await log.append(entry('more')); await log.compact(); say(true); }`,
      { args: { store: join(cwd, 'store') } },
    );
    await host.says();
    const verified = agentlog(['verify', 'store'], { cwd });
    for (let i = 0; i < 20; i++) expect(await host.ask(true)).toBe(true);
    expect((await verified).stdout).toMatch(/everything is what was written/);
    expect(readdirSync(join(cwd, 'store', 'quarantine'))).toEqual([]);
  });
});

describe('a database that lost its rows', () => {
  const LOSSES: Readonly<Record<string, (database: string) => void>> = {
    gone: (database) => rmSync(database),
    emptied: (database) => writeFileSync(database, ''),
    cut: (database) => truncateSync(database, 9000),
  };
  it.each(Object.entries(LOSSES))('that is %s: no command takes it for an empty one', async (_, lose) => {
    const cwd = goodStore();
    lose(join(cwd, 'store', 'agent-log.db'));
    const tasks = await agentlog(['tasks', 'store', '--json'], { cwd });
    const counts = tasks.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).entries);
    expect(counts.reduce((sum, entries) => sum + entries, 0)).toBe(64);
    expect(tasks.code).toBe(3);
    const exported = await agentlog(['export', 'store'], { cwd });
    expect([exported.stdout.trim().split('\n').length, exported.code]).toEqual([64, 3]);
    for (const args of [
      ['sql', 'store', 'SELECT count(*) FROM agentLogEntries'],
      ['prune', 'store', '--keep-per-task', '1', '--yes'],
    ]) {
      const { stdout, stderr, code } = await agentlog(args, { cwd });
      expect([stdout, code]).toEqual(['', 3]);
      expect(stderr).toMatch(/the database of store is (?:gone|damaged): .*agentlog status store says how/);
    }
  });
});

describe('agentlog sql', () => {
  const ODD = `SELECT 1 AS number, 1.5 AS real, NULL AS absent, x'00ff' AS bytes, id, text
    FROM agentLogEntries WHERE taskId = ? ORDER BY id LIMIT 3`;

  it('prints a table, in which nothing steers the terminal', async () => {
    const cwd = goodStore();
    expectGolden('sql-table-80', await printed(['sql', 'store', ODD, '--param', 'FN-041'], cwd, 80));
    const all = await agentlog(
      ['sql', 'store', "SELECT text FROM agentLogEntries WHERE text LIKE 'control%'"],
      {
        cwd,
      },
    );
    expect(all.stdout).toContain('control \\u001b[31mcharacters\\u0007 and ünïcödé 🦊');
  });

  it('prints JSON lines, with what JSON has no numbers for as texts', async () => {
    const [first, ...others] = await linesOf(['sql', 'store', ODD, '--param', 'FN-041'], goodStore());
    expect(others).toHaveLength(2);
    expect(first).toEqual({
      number: 1,
      real: 1.5,
      absent: null,
      bytes: '00ff',
      id: expect.stringMatching(/^\d{18}$/),
      text: 'Step 1: reading the failing test first.',
    });
  });

  it.each([
    ['refused', 'DELETE FROM agentLogEntries'],
    ['wrong', 'SELECT unknown FROM agentLogEntries'],
  ])('ends with 1 when the statement is %s', async (name, query) => {
    expectGolden(`sql-${name}`, await printed(['sql', 'store', query], goodStore()));
  });

  it('ends with 3 when the database is none', async () => {
    expectGolden('sql-garbled', await printed(['sql', 'store', 'SELECT 1'], garbledStore()));
  });
});
