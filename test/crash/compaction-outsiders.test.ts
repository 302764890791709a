/**
 * Programs that know nothing of the store and use its database: they open, read, lock and close it at every moment. The
 * worst of them is a second copy of SQLite in the store's own process: when it closes the file, the kernel drops the
 * locks of the first copy, and whoever closes the database next may take the log away that is being written.
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { AgentLogWarning } from '../../src/events.js';
import { nodeDisk } from '../../src/segment/disk.js';
import { repositoryRoot } from '../package/support/paths.js';
import { tempDir } from '../package/support/temp-dir.js';
import { Random } from '../support/random.js';
import { inspectDatabase, OUTSIDE, SOUND } from './support/database.js';
import { type Host, startHost } from './support/host.js';
import { readPlainly } from './support/plain-reader.js';
import { idsAndTexts, openStore, storePath } from './support/stores.js';

/** Appends, compacts and backs up; `copy`: another SQLite, that opens and closes the database meanwhile. */
const STORE = `
  const damages = [];
  const log = await openAgentLog(args.store, {
    segmentBytes: 65536,
    on: { damage: (damage) => say({ damage }), warning: () => undefined },
  });
  const detail = { group: 0, of: 1 };
  let n = 0;
  const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const append = async () => { for (;;) { const text = args.name + '/' + n++ + 'x'.repeat(300); say({ id: await log.append({ ...entry(text), detail }) }); await rest(1); } };
  // It may fail while somebody disturbs it; whatever it says, nothing may be lost.
  const compact = async () => { for (;;) say({ compacted: (await codeOf(log.compact())).code ?? 'ok' }); };
  const backUp = async () => { for (let i = 0; ; i++) { await codeOf(log.backup(args.store + '.backup' + i)); await rest(100); } };
  const disturb = async () => {
    const { default: Copy } = await import(args.copy);
    for (;;) {
      try {
        const db = new Copy(args.store + '/agent-log.db', { fileMustExist: true });
        db.prepare('SELECT count(*) FROM sqlite_schema').get();
        db.close();
      } catch {}
      await rest(3);
    }
  };
  await log.append({ ...entry('first'), detail }).then((id) => say({ id }));
  await log.compact();
  say('ready');
  await Promise.all([append(), append(), append(), append(), compact(), backUp(), ...(args.copy === undefined ? [] : [disturb()])]);`;

const CARELESS = `${OUTSIDE}
  import { spawnSync } from 'node:child_process';
  let n = 0;
  say('here');
  for (;;) {
    try {
      const db = open(args.store, { timeout: 100 });
      db.prepare('SELECT count(*) FROM agentLogEntries').get();
      if (n++ % 2 === 0) db.exec('BEGIN IMMEDIATE; ROLLBACK');
      db.close();
    } catch {}
    await new Promise((resolve) => setTimeout(resolve, n % 7));
  }`;

const COMMAND =
  'while :; do sqlite3 "$0" "SELECT count(*) FROM agentLogEntries; BEGIN IMMEDIATE; ROLLBACK"; done';
const hasCommand = spawnSync('sqlite3', ['--version']).status === 0;

/** Runs the command over and over, until the running test ends. */
function startCommand(store: string): void {
  const child = spawn('sh', ['-c', COMMAND, join(store, 'agent-log.db')], {
    stdio: 'ignore',
    detached: true,
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    // With what it started.
    process.kill(-child.pid!, 'SIGKILL');
    await ended;
  });
}

/** better-sqlite3 at another place: its library is then loaded a second time, with tables of locks of its own. */
function secondCopy(): string {
  const modules = join(tempDir(), 'node_modules');
  for (const name of ['bindings', 'file-uri-to-path'])
    cpSync(join(repositoryRoot, 'node_modules', name), join(modules, name), { recursive: true });
  const from = join(repositoryRoot, 'node_modules/better-sqlite3');
  for (const path of ['package.json', 'lib', 'build/Release/better_sqlite3.node'])
    cpSync(join(from, path), join(modules, 'better-sqlite3', path), { recursive: true });
  return pathToFileURL(join(modules, 'better-sqlite3/lib/index.js')).href;
}

interface Heard {
  readonly ids: string[];
  readonly damages: unknown[];
  readonly compactions: Record<string, number>;
}

async function startStore(args: Record<string, unknown>): Promise<{ host: Host; heard: Heard }> {
  const host = startHost(STORE, { args });
  const heard: Heard = { ids: [], damages: [], compactions: {} };
  await new Promise<void>((resolve) => {
    host.onSaid = (said) => {
      const { id, damage, compacted } = said as { id?: string; damage?: unknown; compacted?: string };
      if (said === 'ready') resolve();
      else if (id !== undefined) heard.ids.push(id);
      else if (compacted !== undefined)
        heard.compactions[compacted] = (heard.compactions[compacted] ?? 0) + 1;
      else heard.damages.push(damage);
    };
  });
  return { host, heard };
}

/**
 * What was acknowledged is read. With locks that were dropped the database itself may have been damaged; then that is
 * found, and everything is in the files it was made of.
 */
async function checkAll(store: string, acknowledged: readonly string[]): Promise<void> {
  const warnings: AgentLogWarning[] = [];
  const log = await openStore(store, { on: { warning: (warning) => warnings.push(warning) } });
  const failure = await log.compact().then(
    () => undefined,
    ({ cause }) => cause.code,
  );
  const missingIn = (ids: Iterable<string>) => {
    const found = new Set(ids);
    return acknowledged.filter((id) => !found.has(id));
  };
  if (failure === undefined) {
    const scanned = (await idsAndTexts(log)).map(([id]) => id);
    await log.close();
    expect(warnings).toEqual([]);
    expect(missingIn(scanned)).toEqual([]);
    const { rows, inspected } = await inspectDatabase(store);
    expect(inspected).toEqual({ ...SOUND, state: 'closed' });
    expect(rows.map(({ id }) => id)).toEqual(scanned);
    return;
  }
  await log.close();
  expect(failure).toMatch(/^SQLITE_(CORRUPT|NOTADB)/);
  expect(warnings.map(({ code }) => code)).toContain('AGENTLOG_COMPACTION');
  const files = ['archive', 'segments'].flatMap((shelf) => readPlainly(nodeDisk, join(store, shelf)));
  expect(missingIn(files.map(([id]) => id))).toEqual([]);
}

async function run(seed: number, copy: string | undefined): Promise<Heard> {
  const store = storePath();
  const random = new Random(seed);
  const { host, heard } = await startStore({ store, name: 'a', copy });
  const outsiders = [1, 2].map(() => startHost(CARELESS, { args: { store } }));
  if (hasCommand) startCommand(store);
  await Promise.all(outsiders.map((outsider) => outsider.says()));
  await new Promise((resolve) => setTimeout(resolve, random.between(500, 1000)));
  // On a busy machine the first round may take longer than that; beside a second SQLite it may never end.
  const isEnough = () =>
    heard.ids.length > 50 && (copy !== undefined || Object.keys(heard.compactions).length > 0);
  for (let waits = 0; waits < 1000 && !isEnough(); waits++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  await host.kill();
  for (const outsider of outsiders) await outsider.kill();
  await checkAll(store, heard.ids);
  expect(heard.damages).toEqual([]);
  expect(heard.ids.length).toBeGreaterThan(50);
  return heard;
}

test.each([1])('others that open, lock and close the database disturb nothing (%i)', async (seed) => {
  const { compactions } = await run(seed, undefined);
  expect(Object.keys(compactions)).toEqual(['ok']);
});

test.each([1, 2, 3])(
  'with a second copy of SQLite in the process nothing acknowledged is lost (%i)',
  async (seed) => {
    await run(seed, secondCopy());
  },
);
