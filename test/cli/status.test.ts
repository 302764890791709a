/** `agentlog status`: one screen, whatever state the store is in. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { OUTSIDE } from '../crash/support/database.js';
import { runHost, startHost } from '../crash/support/host.js';
import { tempDir } from '../package/support/temp-dir.js';
import { agentlog, expectGolden, transcript } from './support/cli.js';
import { goodStore, makeGoodStore, placeSegment } from './support/good-store.js';
import { MASKS } from './support/masks.js';

beforeAll(makeGoodStore);

const DATABASE = 'agent-log.db';

/** As it is printed for a terminal so wide, of which no line may be wider. */
async function shown(cwd: string, columns = 80): Promise<string> {
  const ended = await agentlog(['status', 'store'], { cwd, columns });
  for (const line of ended.stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(columns);
  return transcript(ended, MASKS);
}

const answered = async (cwd: string) => {
  const { stdout, code } = await agentlog(['status', 'store', '--json'], { cwd });
  return { ...JSON.parse(stdout), code };
};

/** Everything that stands in the store, with what SQLite makes there left out. */
const namesIn = (cwd: string) =>
  (readdirSync(join(cwd, 'store'), { recursive: true }) as string[])
    .filter((name) => !/-(?:shm|wal)$/.test(name))
    .sort();

/** As another program does it. */
const change = (cwd: string, work: string) =>
  runHost(`${OUTSIDE} const db = open(args.store); ${work}; db.close(); say(true);`, {
    args: { store: join(cwd, 'store') },
  });

function overwrite(path: string, at: number, bytes: Buffer): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, at);
  closeSync(fd);
}

describe('a store that is well', () => {
  it('is shown on one screen, at 80 and at 160 columns', async () => {
    const cwd = goodStore();
    expectGolden('status-good-80', await shown(cwd));
    expectGolden('status-good-160', await shown(cwd, 160));
  });

  it('has colours when they are wanted', async () => {
    const { stdout } = await agentlog(['store'], { cwd: goodStore(), env: { FORCE_COLOR: '1' } });
    expect(stdout).toContain('\u001b[33m● needs attention');
  });

  it('is told as JSON', async () => {
    const status = await answered(goodStore());
    expect(status).toMatchObject({
      path: 'store',
      // Rows, what was sealed, and what the dead one had acknowledged.
      entries: 60 + 3 + 1,
      tasks: 4,
      isComplete: true,
      segments: { live: 0, waiting: 2, archived: 1, quarantined: 0 },
      backlog: { segments: 2 },
      leader: null,
      writers: [{ slot: 7, pid: 4242, alive: false }],
      database: 'well',
      healed: null,
      fullText: false,
      health: 'attention',
      code: 0,
    });
    expect(status.rate.entries.reduce((sum: number, part: number) => sum + part, 0)).toBeGreaterThan(0);
  });

  it('is not changed by looking, which needs no lock', async () => {
    const cwd = goodStore();
    const store = join(cwd, 'store');
    const holder = startHost(
      `import { openSync } from 'node:fs';
      const { tryLockExclusive } = await import(AGENTLOG.replace('index.js', 'segment/flock.js'));
      say(tryLockExclusive(openSync(args.store + '/locks/liveness.lock')));
      await hear();`,
      { args: { store } },
    );
    expect(await holder.says()).toBe(true);
    const before = namesIn(cwd);
    for (const args of [
      ['status', 'store'],
      ['ls', 'store', '--all'],
      ['tasks', 'store'],
      ['verify', 'store'],
    ])
      expect((await agentlog(args, { cwd })).code, args[0]).toBe(0);
    expect(namesIn(cwd)).toEqual(before);
  });

  it('is not read through when very much waits', async () => {
    const cwd = goodStore();
    await runHost(
      `const log = await openAgentLog(args.store, { compact: false });
      for (let i = 0; i < 3; i++) await log.append(entry('x'.repeat(12 * 1024 * 1024)));
      await log.close();
      say(true);`,
      { args: { store: join(cwd, 'store') } },
    );
    expect(await answered(cwd)).toMatchObject({ entries: 60, isComplete: false });
    expect(await shown(cwd)).toMatch(
      /Entries {4}60 in 3 tasks {2}and what waits \(36\.\d MiB\), not counted/,
    );
  });

  it('may have nothing in it', async () => {
    const cwd = tempDir();
    await runHost('await (await openAgentLog(args.store)).close(); say(true);', {
      args: { store: join(cwd, 'store') },
    });
    expectGolden('status-empty', await shown(cwd));
  });
});

describe('while others have it open', () => {
  it('names the leader and the writers, and takes no lock', async () => {
    const cwd = goodStore();
    const host = startHost(
      `const log = await openAgentLog(args.store);
      await log.append(entry('one'));
      await log.compact();
      await log.append(entry('two'));
      say(process.pid);
      await hear();`,
      { args: { store: join(cwd, 'store') } },
    );
    const pid = await host.says();
    const status = await answered(cwd);
    expect(status).toMatchObject({
      entries: 66,
      leader: { pid },
      segments: { live: 1, waiting: 0 },
      writers: [{ slot: expect.any(Number), pid, alive: true }],
      health: 'well',
      code: 0,
    });
    const text = await shown(cwd);
    // Whether both entries fall into one part of the hour is not for a test to say.
    expectGolden(
      'status-live',
      text
        .replace(/Rate .*/, 'Rate ...')
        .replace(/– .* {2}the/, '– NOW  the')
        .replace(/log .*/, 'log ...'),
    );
    await host.kill();
    const dead = await answered(cwd);
    expect(dead).toMatchObject({
      entries: 66,
      leader: null,
      writers: [{ pid, alive: false }],
      health: 'attention',
    });
  });
});

describe('a damaged store ends with 3', () => {
  it.each([
    ['garbage', (path: string) => writeFileSync(path, 'this is no database at all'.repeat(1000))],
    ['truncated', (path: string) => truncateSync(path, statSync(path).size - 8192)],
    ['emptied', (path: string) => truncateSync(path, 0)],
    ['zeroed', (path: string) => overwrite(path, 8192, Buffer.alloc(8 * 8192))],
    ['gone', (path: string) => rmSync(path)],
  ])('when its database is %s', async (name, damage) => {
    const cwd = goodStore();
    damage(join(cwd, 'store', DATABASE));
    expectGolden(`status-database-${name}`, await shown(cwd));
  });

  it('when segments are', async () => {
    const cwd = goodStore();
    placeSegment(join(cwd, 'store'), 'damaged-payload');
    placeSegment(join(cwd, 'store'), 'damaged-sector-zeroed', 'quarantine');
    expectGolden('status-segments-damaged', await shown(cwd));
  });
});

it('is one screen also when much is damaged, and tells all as JSON', async () => {
  const cwd = goodStore();
  const quarantine = join(cwd, 'store', 'quarantine');
  const name = placeSegment(join(cwd, 'store'), 'damaged-payload', 'quarantine');
  for (let n = 1; n < 20; n++)
    copyFileSync(
      join(quarantine, name),
      join(quarantine, name.replace(/^0007/, `${n + 100}`.padStart(4, '0'))),
    );
  const lines = (await shown(cwd)).split('\n');
  expect(lines.length).toBeLessThan(60);
  expect(lines).toContain('and 13 more: --json has all');
  expect((await answered(cwd)).attention).toHaveLength(21);
});

describe('what keeps it from being asked', () => {
  it('is another program that keeps the database locked', async () => {
    const cwd = goodStore();
    const host = startHost(
      `${OUTSIDE}
      const db = open(args.store);
      db.pragma('locking_mode = EXCLUSIVE');
      db.exec('BEGIN EXCLUSIVE');
      say(true);
      await hear();`,
      { args: { store: join(cwd, 'store') } },
    );
    await host.says();
    expectGolden('status-database-locked', await shown(cwd));
  });

  it('is a newer version of the database', async () => {
    const cwd = goodStore();
    await change(
      cwd,
      "db.pragma('user_version = 9'); db.exec('ALTER TABLE agentLogSlots ADD COLUMN newer TEXT')",
    );
    expectGolden('status-database-newer', await shown(cwd));
  });

  it('is a newer version of the store', async () => {
    const cwd = goodStore();
    const manifest = { format: 2, minReaderVersion: 2, minWriterVersion: 2, storeId: 'f'.repeat(32) };
    writeFileSync(join(cwd, 'store', 'agentlog.json'), JSON.stringify(manifest));
    expectGolden('status-newer', await shown(cwd));
  });

  it.skipIf(process.getuid?.() !== 0)('is that another user owns it', async () => {
    const cwd = goodStore();
    const { chownSync } = await import('node:fs');
    chownSync(join(cwd, 'store'), 4321, 4321);
    expectGolden('status-foreign', await shown(cwd));
    const allowed = await agentlog(['status', 'store', '--allow-foreign-owner'], { cwd });
    expect(allowed.code).toBe(0);
  });
});

describe('a database that is made anew', () => {
  it('is told of while it is made, and when it waits for its place', async () => {
    const cwd = goodStore();
    const path = join(cwd, 'store', DATABASE);
    copyFileSync(path, `${path}.healing`);
    expect((await answered(cwd)).attention[0].what).toMatch(/was being made anew when the process/);
    renameSync(`${path}.healing`, `${path}.healed`);
    expect((await answered(cwd)).attention[0].what).toMatch(/waits to take the place of the old one/);
    rmSync(path);
    const moment = await answered(cwd);
    expect(moment).toMatchObject({ entries: 64, database: 'well' });
    expect(existsSync(path)).toBe(false);
  });

  it('names the old one where it is now, as stores are moved', async () => {
    const cwd = goodStore();
    const kept = '/nowhere/quarantine/agent-log-1.db';
    writeFileSync(join(cwd, 'store', 'quarantine', 'agent-log-1.db'), '');
    writeFileSync(join(cwd, 'store', 'quarantine', 'agent-log-2.db'), '');
    const healed = { wasDamaged: true, reason: 'why', rows: 1, replayed: 0, missing: 2, kept };
    await change(
      cwd,
      `db.prepare("INSERT INTO agentLogMeta (key, value) VALUES ('healed', ?)").run('${JSON.stringify(healed)}')`,
    );
    const status = await answered(cwd);
    expect(status.healed.at).toBeGreaterThan(0);
    expect(status.attention[0].todo).toMatch(/^the old one is store\/quarantine\/agent-log-1\.db;/);
  });

  it.each(['database.suspect', 'database.rebuild'])('or is to be, as the mark %s says', async (mark) => {
    const cwd = goodStore();
    writeFileSync(join(cwd, 'store', 'locks', mark), '');
    expectGolden(`status-${mark.replace('.', '-')}`, await shown(cwd));
  });
});
