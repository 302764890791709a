/** A log of JSON lines comes into a store, and later what was added to it since: `node examples/import.mjs [DIRECTORY]` */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openAgentLog } from 'agentlog';

const given = process.argv[2];
const directory = given ?? mkdtempSync(join(tmpdir(), 'agentlog-example-'));
const [lines, store] = [join(directory, 'runs.jsonl'), join(directory, 'log')];

// In a shell: npx agentlog import LOG runs.jsonl --from jsonl --map taskId=run,timestamp=at,text=message --json
const agentlog = fileURLToPath(
  new URL('dist/tools/cli/main.js', import.meta.resolve('agentlog/package.json')),
);
const mapping = 'taskId=run,timestamp=at,text=message';
function importLines() {
  const args = [agentlog, 'import', store, lines, '--from', 'jsonl', '--map', mapping, '--json'];
  const { entries, entriesBefore } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  console.log(`imported: ${entries}, by earlier runs: ${entriesBefore}`);
}

const line = (fields) => `${JSON.stringify(fields)}\n`;
writeFileSync(
  lines,
  line({ run: 'R-1', at: '2026-01-01T10:00:00.000Z', message: 'Looking at the failing test.' }) +
    line({ run: 'R-1', at: '2026-01-01T10:00:04.000Z', type: 'tool', message: 'Bash', command: 'npm test' }),
);
importLines();

// Run again, however often and however it was ended, it goes on behind what is there.
appendFileSync(lines, line({ run: 'R-2', at: '2026-01-01T10:01:00.000Z', message: 'Two files changed.' }));
importLines();
importLines();

const log = await openAgentLog(store, { readOnly: true });
for (const taskId of ['R-1', 'R-2'])
  for (const { timestamp, type, text, detail } of await log.entries({ taskId }))
    console.log(
      `${taskId} ${new Date(timestamp).toISOString()} ${type} ${text} ${JSON.stringify(detail ?? {})}`,
    );
await log.close();

if (given === undefined) rmSync(directory, { recursive: true });
