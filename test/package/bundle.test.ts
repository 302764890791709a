/** Programs of which agentlog is a part: bundled, and run where no package but the natives can be found. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openForReading } from '../../src/db/connection.js';
import { linkAgentlog, linkPackages, NATIVES } from './support/linked.js';
import { newTempDir } from './support/temp-dir.js';

type Format = 'esm' | 'cjs';

const FORMATS: readonly Format[] = ['esm', 'cjs'];
/** By which Node knows how to read a file. */
const EXTENSION = { esm: '.mjs', cjs: '.cjs' } as const;

const dir = newTempDir();
/** Where the bundles are made. */
const workshop = join(dir, 'workshop');
/** Where they run. */
const site = join(dir, 'site');

const HOST = `
  import { openAgentLog } from 'agentlog';
  async function main() {
    const { worker, compact } = JSON.parse(process.argv[2]);
    const log = await openAgentLog('store', { compact, worker: worker === undefined ? undefined : new URL(worker) });
    await log.append({ taskId: 't', type: 'text', text: 'one' });
    const entries = compact === false ? undefined : (await log.compact()).entries;
    const texts = [];
    for await (const { text } of log.scan()) texts.push(text);
    const rows = compact === false ? undefined : await log.sql('SELECT text FROM agentLogEntries');
    await log.close();
    return { entries, texts, rows };
  }
  main().then(
    (did) => console.log(JSON.stringify(did)),
    ({ code, message }) => console.log(JSON.stringify({ code, message })),
  );`;

beforeAll(() => {
  mkdirSync(workshop);
  linkAgentlog(workshop, []);
  linkPackages(site, NATIVES);
  writeFileSync(join(workshop, 'host.js'), HOST);
  writeFileSync(join(workshop, 'worker.js'), "import 'agentlog/worker';");
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

const made = new Map<string, string>();

/** Makes a bundle, without anything that a user would be warned of, unless it was made already; its path. */
function bundle(entry: string, format: Format): string {
  const key = `${format} of ${entry.replace('/', ' ')}`;
  const known = made.get(key);
  if (known !== undefined) return known;
  const outfile = join(workshop, 'bundles', key);
  const { warnings } = buildSync({
    entryPoints: [entry],
    absWorkingDir: workshop,
    bundle: true,
    platform: 'node',
    format,
    outfile,
    logLevel: 'silent',
  });
  expect(warnings).toEqual([]);
  made.set(key, outfile);
  return outfile;
}

interface Said {
  readonly code?: string;
  readonly message?: string;
  readonly entries?: number;
  readonly texts?: string[];
  readonly rows?: unknown[];
}

/** A place of its own for a program's files, by their names. */
function place(name: string, files: Readonly<Record<string, string>>): string {
  const home = join(site, name);
  mkdirSync(home);
  for (const [file, from] of Object.entries(files)) copyFileSync(from, join(home, file));
  return home;
}

function runIn(home: string, program: string, options: { worker?: string; compact?: boolean }): Said {
  const args = [program, JSON.stringify(options)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: home,
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

function rowsIn(home: string): unknown[] {
  const db = openForReading(join(home, 'store', 'agent-log.db'));
  const rows = db.prepare('SELECT text FROM agentLogEntries ORDER BY id').pluck().all();
  db.close();
  return rows;
}

const pairs: [host: Format, worker: Format, entry: string][] = [
  ['esm', 'esm', 'agentlog/worker'],
  ['esm', 'cjs', './worker.js'],
  ['cjs', 'esm', './worker.js'],
  ['cjs', 'cjs', 'agentlog/worker'],
];

test.each(pairs)(
  'a program bundled as %s compacts and queries with a worker bundled as %s from %s',
  (host, worker, entry) => {
    const [program, helper] = [`program${EXTENSION[host]}`, `helper${EXTENSION[worker]}`];
    const home = place(`${host}-${worker}`, {
      [program]: bundle('./host.js', host),
      [helper]: bundle(entry, worker),
    });
    const said = runIn(home, program, { worker: pathToFileURL(join(home, helper)).href });
    expect(said).toEqual({ entries: 1, texts: ['one'], rows: [{ text: 'one' }] });
    expect(rowsIn(home)).toEqual(['one']);
  },
);

test.each(FORMATS)(
  'a bundle compactor-worker.js beside a program bundled as %s is found by itself',
  (format) => {
    const home = place(`beside-${format}`, {
      'program.js': bundle('./host.js', format),
      'compactor-worker.js': bundle('agentlog/worker', format),
    });
    const type = format === 'esm' ? 'module' : 'commonjs';
    writeFileSync(join(home, 'package.json'), JSON.stringify({ type }));
    expect(runIn(home, 'program.js', {})).toEqual({ entries: 1, texts: ['one'], rows: [{ text: 'one' }] });
    expect(rowsIn(home)).toEqual(['one']);
  },
);

test.each(FORMATS)(
  'bundled as %s without a worker, opening says what to do, and nothing is made',
  (format) => {
    const program = `program${EXTENSION[format]}`;
    const home = place(`alone-${format}`, { [program]: bundle('./host.js', format) });
    const { code, message } = runIn(home, program, {});
    expect(code).toBe('AGENTLOG_WORKER_NOT_FOUND');
    expect(message).toContain(`${join(home, 'compactor-worker.js')} is not there`);
    expect(message).toMatch(/make a bundle of "agentlog\/worker" .* option worker .* compact: false/);
    expect(existsSync(join(home, 'store'))).toBe(false);
    expect(runIn(home, program, { compact: false })).toEqual({ texts: ['one'] });
    expect(existsSync(join(home, 'store', 'agent-log.db'))).toBe(false);
  },
);

test('a worker that is not where the option says is not looked for elsewhere', () => {
  const home = place('misplaced', {
    'program.mjs': bundle('./host.js', 'esm'),
    'compactor-worker.js': bundle('agentlog/worker', 'cjs'),
  });
  const { code, message } = runIn(home, 'program.mjs', { worker: pathToFileURL(join(home, 'gone.js')).href });
  expect(code).toBe('AGENTLOG_WORKER_NOT_FOUND');
  expect(message).toContain(`${join(home, 'gone.js')} is not there`);
});
