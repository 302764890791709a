/** `agentlog compact`, `prune`, `backup`, `rebuild`: what changes data is asked for, and does what the API does. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentlog, expectGolden, transcript } from './support/cli.js';
import { goodStore, makeGoodStore } from './support/good-store.js';
import { MASKS } from './support/masks.js';
import { onTerminal, plain, Terminal, terminalMissing } from './support/terminal.js';

beforeAll(makeGoodStore);

const run = async (cwd: string, ...args: string[]) => agentlog(args, { cwd, columns: 80 });
const printed = async (cwd: string, ...args: string[]) => transcript(await run(cwd, ...args), MASKS);
const answered = async (cwd: string, ...args: string[]) =>
  JSON.parse((await run(cwd, ...args, '--json')).stdout);
const waiting = (cwd: string) => readdirSync(join(cwd, 'store', 'segments'));

describe('where nobody can be asked', () => {
  it.each([
    ['compact', ['compact', 'store']],
    ['prune', ['prune', 'store', '--keep-per-task', '5']],
    ['rebuild', ['rebuild', 'store']],
  ])('%s says what would happen, and changes nothing', async (name, args) => {
    const cwd = goodStore();
    const before = waiting(cwd);
    expectGolden(`${name}-unasked`, await printed(cwd, ...args));
    expect(waiting(cwd)).toEqual(before);
    expect(existsSync(join(cwd, 'store', 'locks', 'compactor.lock'))).toBe(false);
  });
});

describe('agentlog compact', () => {
  it('brings in what waits', async () => {
    const cwd = goodStore();
    expectGolden('compact-good', await printed(cwd, 'compact', 'store', '--yes'));
    expect(waiting(cwd)).toEqual([]);
  });
});

describe('agentlog prune', () => {
  it('needs to know which', async () => {
    expectGolden('prune-nothing', await printed(goodStore(), 'prune', 'store'));
  });

  it('deletes exactly what it has said', async () => {
    const cwd = goodStore();
    const [before, keep] = ['2026-01-02T03:14:45', '16'];
    const both = ['--before', before, '--keep-per-task', keep];
    const said = await run(cwd, 'prune', 'store', ...both);
    const [, doomed] = /^agentlog: (\d+) entries of 64/.exec(said.stderr)!;
    const { entriesBefore, entries } = await answered(cwd, 'prune', 'store', ...both, '--yes');
    expect(entriesBefore).toBe(64);
    expect(entriesBefore - entries).toBe(Number(doomed));
    expect(Number(doomed)).toBe(18);
    expectGolden('prune-again', await printed(cwd, 'prune', 'store', ...both, '--yes'));
  });
});

describe('agentlog backup', () => {
  it('makes a store, and no second one in its place', async () => {
    const cwd = goodStore();
    mkdirSync(join(cwd, 'copies'));
    expectGolden('backup-good', await printed(cwd, 'backup', 'store', 'copies/one'));
    expect((await run(cwd, 'verify', 'copies/one')).code).toBe(0);
    expectGolden('backup-twice', await printed(cwd, 'backup', 'store', 'copies/one'));
  });
});

describe('agentlog rebuild', () => {
  it('makes the database anew', async () => {
    const cwd = goodStore();
    writeFileSync(join(cwd, 'store', 'agent-log.db'), 'this is no database'.repeat(1000));
    const event = await answered(cwd, 'rebuild', 'store', '--yes');
    expect(event).toMatchObject({ rows: 0, replayed: 64, missing: null });
    expect((await run(cwd, 'verify', 'store')).code).toBe(0);
  });
});

it('makes no store where there is none', async () => {
  const cwd = goodStore();
  const { code, stderr } = await run(cwd, 'compact', 'elsewhere', '--yes');
  expect([code, stderr]).toEqual([1, 'agentlog: there is no elsewhere\n']);
  expect(existsSync(join(cwd, 'elsewhere'))).toBe(false);
});

describe.skipIf(terminalMissing() !== undefined)('on a terminal', () => {
  it('asks, and takes anything but yes for a no', async () => {
    const cwd = goodStore();
    const terminal = new Terminal(['prune', join(cwd, 'store'), '--keep-per-task', '5']);
    await terminal.shows('Go on? [y/N] ');
    expect(plain(terminal.screen)).toContain('of 64 in');
    terminal.type('\n');
    expect(await terminal.ended).toBe(1);
    expect(terminal.screen).toContain('Nothing was deleted.');
    expect((await answered(cwd, 'status', 'store')).entries).toBe(64);
  });

  it('does it after a yes', async () => {
    const cwd = goodStore();
    const terminal = new Terminal(['compact', join(cwd, 'store')]);
    await terminal.shows('Go on? [y/N] ');
    terminal.type('y\n');
    expect(await terminal.ended).toBe(0);
    expect(waiting(cwd)).toEqual([]);
  });

  it('shows a status in colours, no wider than it is', async () => {
    const cwd = goodStore();
    const { screen, code } = await onTerminal(['status', join(cwd, 'store')], { columns: 80 });
    expect(code).toBe(0);
    expect(screen).toContain('\u001b[36mEntries');
    for (const line of plain(screen).split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    const none = await onTerminal(['status', join(cwd, 'store')], { env: { NO_COLOR: '1' } });
    expect(none.screen).not.toContain('\u001b[');
  });
});
