/** `agentlog/fusion` as those have it who installed the package: the example runs, and the types need no others. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { linkAgentlog, NATIVES } from '../package/support/linked.js';
import { repositoryRoot } from '../package/support/paths.js';
import { tempDir } from '../package/support/temp-dir.js';

const run = (cwd: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, stdout, stderr };
};

test('the example runs as it stands, and leaves nothing but what it was told to make', () => {
  const dir = tempDir();
  linkAgentlog(dir, NATIVES);
  copyFileSync(join(repositoryRoot, 'examples/fusion.mjs'), join(dir, 'fusion.mjs'));
  const temporary = tempDir();
  process.env.TMPDIR = temporary;
  const said = run(dir, 'fusion.mjs');
  delete process.env.TMPDIR;
  expect(said).toEqual({
    status: 0,
    stderr: '',
    stdout: `live: FN-001 thinking Looking at the failing test.
live: FN-001 tool Bash
live: FN-001 tool_result Bash
live: FN-002 text Two files changed.
references: 2, all different: true
page: thinking Looking at the failing test. (no detail, ? ms)
page: tool Bash (npm test, 4210 ms)
count: 3
tools: 1
FN-002 after its delete: 0
`,
  });
  expect(readdirSync(temporary)).toEqual([]);
  expect(run(dir, 'fusion.mjs', 'store').status).toBe(0);
  expect(readdirSync(join(dir, 'store'))).toContain('agentlog.json');
});

const CONSUMER = `
  import { type AgentLogEntry, type AgentLogStore, type AgentLogType, createAgentLogStore } from 'agentlog/fusion';
  export async function use(type: AgentLogType, taskIds: Set<string>): Promise<AgentLogEntry[]> {
    const store: AgentLogStore = await createAgentLogStore('store', { capToolDetail: true, maxPendingBytes: 100_000 });
    store.on('agent:log', ({ timestamp, durationMs }) => timestamp + String(durationMs));
    store.on('warning', ({ code }) => void code);
    // @ts-expect-error: nothing that it tells
    store.on('agent:logs', () => undefined);
    // @ts-expect-error: no type of Fusion's
    await store.appendAgentLog('FN-1', 'text', 'delta');
    const reference: string | undefined = await store.appendAgentLog('FN-1', 'text', type, null, 'merger', { durationMs: 1 });
    const references: string[] = await store.appendAgentLogBatch([{ taskId: 'FN-1', text: 'text', type }]);
    const { prunedEntries } = await store.pruneAgentLogs(7, taskIds);
    return store.getAgentLogs('FN-1', { limit: references.length + prunedEntries + (reference?.length ?? 0), type });
  }`;

test('a TypeScript project compiles against the types, and needs no others', () => {
  const dir = tempDir();
  linkAgentlog(dir, []);
  writeFileSync(join(dir, 'consumer.mts'), CONSUMER);
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    lib: ['es2023'],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: [],
  };
  writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.mts'] }));
  const tsc = join(repositoryRoot, 'node_modules/typescript/bin/tsc');
  expect(run(dir, tsc, '-p', 'tsconfig.json')).toEqual({ status: 0, stdout: '', stderr: '' });
});
