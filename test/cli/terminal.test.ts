/** What a person sees on a terminal. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import stringWidth from 'string-width';
import { test as everywhere, expect } from 'vitest';
import { openStore, storePath } from '../crash/support/stores.js';
import { tempDir } from '../package/support/temp-dir.js';
import { HOSTILE_ENTRIES, SOME, sharedStoreOf, storeOf } from './support/entries.js';

const some = sharedStoreOf(SOME);
/** More than a pipe holds. */
const long = sharedStoreOf(
  Array.from({ length: 6000 }, (_, n) => ({
    taskId: 't',
    type: 'text',
    text: `line ${n} ${'.'.repeat(100)}`,
  })),
);

import { CTRL_C, onTerminal, plain, Terminal, terminalMissing } from './support/terminal.js';

const missing = terminalMissing();
const test = everywhere.skipIf(missing !== undefined);

/** Everything but ends of lines and what chooses colours. */
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

test.each([80, 160])('a log on %i columns has colours, and no line is too long', async (columns) => {
  const { screen, code } = await onTerminal(['log', some.path, '--no-pager'], { columns });
  expect(code).toBe(0);
  expect(screen).toContain('\u001b[31mtool_error');
  expect(screen).toContain('\u001b[36mtool_call');
  const widths = plain(screen)
    .split('\n')
    .map((line) => stringWidth(line));
  expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
  // The long texts fill it: nothing is wrapped before it must be.
  expect(Math.max(...widths)).toBeGreaterThan(columns - 12);
  expect(plain(screen)).toContain('漢字かな交じり文 🦊');
});

test.each([[{ NO_COLOR: '1' }], [{ TERM: 'dumb' }]])('with %o there are no colours', async (env) => {
  const { screen, code } = await onTerminal(['log', some.path, '--no-pager'], { env });
  expect(code).toBe(0);
  expect(screen).not.toContain('\u001b');
  expect(screen).toContain('npm test');
});

test('a log goes through the pager, which gets the colours', async () => {
  // It spells out what would be a colour.
  const asked = [{ AGENTLOG_PAGER: 'cat -v', PAGER: 'false' }, { PAGER: 'cat -v' }];
  for (const env of asked) {
    const { screen, code } = await onTerminal(['log', some.path], { env });
    expect(code).toBe(0);
    expect(screen).toContain('^[[31mtool_error');
    expect(screen).not.toContain('\u001b');
    expect(screen).toContain('Waits for FN-042.');
  }
});

test.each([['-n', '3'], ['--no-pager']])('with %s there is no pager', async (...options) => {
  const { screen, code } = await onTerminal(['log', some.path, ...options], { env: { PAGER: 'cat -v' } });
  expect(code).toBe(0);
  expect(screen).toContain('\u001b[31mtool_error');
});

test.each(['/nowhere/pager', 'no-such-pager --flag', '', 'cat'])(
  'where the pager is "%s", the log is printed by itself',
  async (pager) => {
    const { screen, code } = await onTerminal(['log', some.path], { env: { PAGER: pager } });
    expect(code).toBe(0);
    expect(plain(screen)).toContain('Reads the issue.');
    expect(screen).toContain('\u001b[31mtool_error');
  },
);

test('a pager that is left early ends the reading, and nothing is said of it', async () => {
  const env = { PAGER: 'head -n 2' };
  const { screen, code } = await onTerminal(['log', long.path], { env });
  expect(code).toBe(0);
  expect(plain(screen).split('\n')).toEqual(['── 2026-06-01 ──', expect.stringContaining('line 0'), '']);
});

test('Ctrl-C is for the pager, which is waited for', async () => {
  const pager = join(tempDir(), 'ended');
  // It is not read any more, but goes on until it is left.
  const terminal = new Terminal(['log', long.path], {
    env: { PAGER: `trap 'echo; echo heard' INT; head -n 2; read _ < /dev/tty; echo left > ${pager}` },
  });
  await terminal.shows('line 0');
  terminal.type(CTRL_C);
  await terminal.shows('heard');
  terminal.type('\n');
  expect(await terminal.ended).toBe(0);
  expect(readFileSync(pager, 'utf8')).toBe('left\n');
});

test('what is damaged is told when the pager has been left', async () => {
  const store = await storeOf(SOME);
  writeFileSync(join(store, 'agent-log.db'), 'no database');
  const { screen, code } = await onTerminal(['log', store], {
    env: { PAGER: 'cat -v' },
  });
  expect(code).toBe(3);
  expect(plain(screen)).toMatch(/Waits for FN-042.*agentlog: .*agent-log\.db is damaged/s);
});

test('nothing of an entry steers the terminal, or a pager', async () => {
  const store = await storeOf(HOSTILE_ENTRIES);
  const asked = [
    ['log', store, '--no-pager'],
    ['log', store, '--no-pager', '--details'],
    ['log', store, '-n', '99', '--json'],
    ['log', store],
    ['tasks', store],
    ['export', store],
    ['export', store, '--csv'],
  ];
  for (const args of asked) {
    const { screen, code } = await onTerminal(args, { env: { PAGER: 'cat -u -' } });
    expect(code).toBe(0);
    expect(plain(screen)).not.toMatch(STEERING);
    expect(plain(screen)).toContain('\\u202e');
  }
});

test('a follow shows what is logged meanwhile, by others, until Ctrl-C', async () => {
  const store = storePath();
  const log = await openStore(store);
  // Nothing is in it yet.
  const terminal = new Terminal(['log', store, '-f', '--grep', 'step']);
  for (let n = 0; n < 3; n++) {
    await log.appendBatch([
      { taskId: 't', type: 'text', text: `step ${n}.` },
      { taskId: 't', type: 'text', text: 'passed over' },
    ]);
    await terminal.shows(`step ${n}.`);
  }
  terminal.type(CTRL_C);
  expect(await terminal.ended).toBe(0);
  expect(plain(terminal.screen).match(/step \d/g)).toEqual(['step 0', 'step 1', 'step 2']);
  expect(terminal.screen).not.toContain('passed over');
});

test('who reads a line and goes hears nothing more', async () => {
  for (const command of ['log', 'export']) {
    const { screen, code } = await onTerminal([command, long.path], { pipe: '| head -n 1' });
    expect(code).toBe(0);
    expect(screen.split('\n')).toHaveLength(2);
  }
});

test('an export tells how far it is, and takes it away at the end', async () => {
  // As nobody reads for a while, it has something to tell.
  const { screen, code } = await onTerminal(['export', long.path], { pipe: '| (sleep 1; wc -l)' });
  expect(code).toBe(0);
  expect(screen).toMatch(/█+░+ +\d+% {2}\d,000 of 6,000 entries/);
  expect(screen).toMatch(/\r\u001b\[K6000\r\n$/);
  const file = join(tempDir(), 'all.jsonl');
  const silent = await onTerminal(['export', long.path, '--out', file], { pipe: '2>&1 | cat' });
  expect(silent).toEqual({ screen: '', code: 0 });
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(6001);
});
