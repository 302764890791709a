/** However a host was started, and whatever it was told on its command line, its worker starts. */
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { linkAgentlog, NATIVES } from './support/linked.js';
import { newTempDir } from './support/temp-dir.js';

const dir = newTempDir();

const USE = `
  const log = await openAgentLog('store');
  await log.append({ taskId: 't', type: 'text', text: 'one' });
  const { entries } = await log.compact();
  await log.close();
  console.log(entries);`;
const MODULE = `import { openAgentLog } from 'agentlog'; ${USE}`;
const COMMONJS = `const { openAgentLog } = require('agentlog'); (async () => { ${USE} })();`;

beforeAll(() => {
  linkAgentlog(dir, NATIVES);
  writeFileSync(join(dir, 'host.mjs'), MODULE);
  writeFileSync(join(dir, 'host.cjs'), COMMONJS);
  const inThread = (what: string) =>
    `import { isMainThread } from 'node:worker_threads'; if (!isMainThread) ${what};`;
  writeFileSync(join(dir, 'for-the-host.mjs'), inThread('process.exit(1)'));
  writeFileSync(join(dir, 'talkative.mjs'), inThread("console.log('I am a thread')"));
});
beforeEach(() => rmSync(join(dir, 'store'), { recursive: true, force: true }));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

interface Start {
  readonly args: readonly string[];
  readonly input?: string;
  readonly NODE_OPTIONS?: string;
}

const starts: [name: string, start: Start][] = [
  ['a module', { args: ['host.mjs'] }],
  ['a script that requires it', { args: ['host.cjs'] }],
  ['a module on the command line', { args: ['--input-type=module', '--eval', MODULE] }],
  ['a script on the command line', { args: ['--input-type=commonjs', '--eval', COMMONJS] }],
  ['a module on its standard input', { args: ['--input-type=module', '-'], input: MODULE }],
  ['a preloaded module that is meant for the host', { args: ['--import', './for-the-host.mjs', 'host.mjs'] }],
  [
    'a preloaded module in NODE_OPTIONS, which threads load too',
    { args: ['host.mjs'], NODE_OPTIONS: '--import ./talkative.mjs' },
  ],
  ['options of V8', { args: ['--max-old-space-size=200', '--stack-size=900', 'host.mjs'] }],
  ['options of V8 in NODE_OPTIONS', { args: ['host.mjs'], NODE_OPTIONS: '--max-old-space-size=200' }],
  ['options of the process', { args: ['--title=host', '--enable-source-maps', 'host.mjs'] }],
];

test.each(starts)('a host compacts that was started with %s', (_name, { args, input, NODE_OPTIONS }) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: dir,
    env: { ...process.env, NODE_OPTIONS },
    input,
    encoding: 'utf8',
    timeout: 60_000,
  });
  expect({ status, stdout }, stderr).toEqual({ status: 0, stdout: '1\n' });
});
