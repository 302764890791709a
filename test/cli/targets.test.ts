/** Paths that lead to nothing that a command can use: a plain sentence each, and never a stack trace. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openAgentLog } from '../crash/support/stores.js';
import { tempDir } from '../package/support/temp-dir.js';
import { agentlog } from './support/cli.js';

/** By how what is made under the path is called. */
const TARGETS: Readonly<Record<string, readonly [make: (path: string) => unknown, says: string]>> = {
  nothing: [() => undefined, 'there is no PATH'],
  'an empty directory': [
    (path) => mkdirSync(path),
    'PATH is an empty directory, and no store: it has no agentlog.json',
  ],
  'a directory of other things': [
    (path) => mkdirSync(join(path, 'src'), { recursive: true }),
    'PATH is no store: it has no agentlog.json',
  ],
  'a directory with a store in it': [
    async (path) => (await openAgentLog(join(path, 'log'))).close(),
    'PATH is no store; is PATH/log meant?',
  ],
  'a store without its empty directories': [
    async (path) => {
      await (await openAgentLog(path)).close();
      for (const name of ['archive', 'quarantine']) rmdirSync(join(path, name));
    },
    'PATH is a store without archive/ and quarantine/, as copies are that leave out empty directories; with empty ones in their place what is there can be read',
  ],
  'what a backup left': [
    (path) => mkdirSync(join(path, 'segments'), { recursive: true }),
    'PATH is no store: it has no agentlog.json; it is what an unfinished backup left behind, or a store that lost it',
  ],
  'a JSON file': [(path) => writeFileSync(path, '{"a": 1}'), 'PATH is a JSON file, and no segment'],
  'an empty file': [(path) => writeFileSync(path, ''), 'PATH is an empty file, and no segment'],
  'a database': [
    (path) => writeFileSync(path, 'SQLite format 3\0…'),
    'PATH is an SQLite database, and no segment',
  ],
  'a named pipe': [(path) => execFileSync('mkfifo', [path]), 'PATH is no file, and no segment'],
  'some file': [(path) => writeFileSync(path, '\u001b]0;x\u0007'), 'PATH is some other file, and no segment'],
};

test.each(Object.entries(TARGETS))('%s', async (_, [make, says]) => {
  const path = join(tempDir(), 'here');
  await make(path);
  for (const command of ['status', 'log', 'dump']) {
    const { stdout, stderr, code } = await agentlog([command, path]);
    expect({ stdout, stderr: stderr.replaceAll(path, 'PATH'), code }).toEqual({
      stdout: '',
      stderr: `agentlog: ${says}\n`,
      code: 1,
    });
  }
});

test('a segment where a store is wanted, and the other way round', async () => {
  const store = join(tempDir(), 'store');
  const log = await openAgentLog(store);
  await log.append({ taskId: 't', type: 'text', text: 'x' });
  await log.close();
  const inspected = await agentlog(['inspect', store]);
  expect(inspected).toMatchObject({ code: 1, stdout: '' });
  expect(inspected.stderr).toContain(`agentlog ls ${store} lists them`);
  const inner = await agentlog(['status', join(store, 'segments')]);
  expect(inner.stderr).toContain('is a directory within a store');
});

test('a segment that was sealed, or moved away, since its name was read', async () => {
  const store = join(tempDir(), 'store');
  const log = await openAgentLog(store);
  await log.append({ taskId: 't', type: 'text', text: 'x' });
  const [open] = readdirSync(join(store, 'segments')) as [string];
  await log.compact();
  await log.close();
  const sealed = join(store, 'archive', open.replace('.open', '.sealed'));
  for (const command of ['inspect', 'dump', 'verify']) {
    const path = join(store, 'segments', open);
    const { stderr, code } = await agentlog([command, path]);
    expect([stderr, code]).toEqual([`agentlog: there is no ${path} any more: it is ${sealed} now\n`, 1]);
  }
});

test.each([
  [['stauts'], 'is status meant?'],
  [['wat'], 'agentlog --help lists the commands'],
  [['tasks', '.', '--jsno'], 'Did you mean --json?'],
  [['log'], "missing required argument 'STORE'"],
  [['tasks', '.', '-n', 'ten'], '"ten" is no whole number'],
  [['log', '.', '--since', 'yesterday'], 'is no time: write 90s, 15m'],
  [['log', '.', '-n', '-5'], 'write one that is 0 or more'],
  [['dump', '.', '--from', '9000'], '"9000" is no place: write an id'],
  [['log', 'FN-042', '.'], 'the store comes first: agentlog log .'],
  [['.', 'log'], 'a command comes first: is agentlog log . meant?'],
  [['sql', '.', 'SELECT', '1'], 'the query is one argument, in quotes'],
  [['inspect', '0000-0SA3WNK8KMY00'], 'of a segment the whole path is wanted'],
])('misused: %j', async (args, says) => {
  const { stdout, stderr, code } = await agentlog(args);
  expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
  expect(stderr).toContain(says);
  expect(stderr).not.toMatch(/\n {4}at /);
});
