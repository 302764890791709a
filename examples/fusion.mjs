/** Agents log to a store such as Fusion's task store is, and a dashboard reads it: `node examples/fusion.mjs [DIRECTORY]` */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAgentLogStore } from 'agentlog/fusion';

const given = process.argv[2];
const directory = given ?? mkdtempSync(join(tmpdir(), 'agentlog-example-'));

const store = await createAgentLogStore(directory, { capToolDetail: true });
store.on('agent:log', ({ taskId, type, text }) => console.log(`live: ${taskId} ${type} ${text}`));

// An agent need not wait: what it logs is kept until it is on disk.
store.appendAgentLog('FN-001', 'Looking at the failing test.', 'thinking', undefined, 'executor');
store.appendAgentLog('FN-001', 'Bash', 'tool', 'npm test', 'executor', { durationMs: 4210 });

const references = await store.appendAgentLogBatch([
  { taskId: 'FN-001', text: 'Bash', type: 'tool_result', detail: 'x'.repeat(5000), agent: 'executor' },
  { taskId: 'FN-002', text: 'Two files changed.', type: 'text', agent: 'reviewer' },
]);
console.log(
  `references: ${references.length}, all different: ${new Set(references).size === references.length}`,
);

// On disk when it returns.
store.flushAgentLogBuffer();

const page = await store.getAgentLogs('FN-001', { limit: 2, offset: 1 });
for (const { type, text, detail, durationMs } of page)
  console.log(`page: ${type} ${text} (${detail ?? 'no detail'}, ${durationMs ?? '?'} ms)`);
console.log(`count: ${await store.getAgentLogCount('FN-001')}`);
console.log(`tools: ${await store.getAgentLogCount('FN-001', { type: 'tool' })}`);

await store.deleteTask('FN-002');
console.log(`FN-002 after its delete: ${(await store.getAgentLogs('FN-002')).length}`);

await store.close();
if (given === undefined) rmSync(directory, { recursive: true });
