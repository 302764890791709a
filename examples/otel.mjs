/** An agent that is instrumented with OpenTelemetry, and what it said: `node examples/otel.mjs [DIRECTORY]` */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { openAgentLog } from 'agentlog';
import { createLogRecordExporter } from 'agentlog/otel';

const given = process.argv[2];
const directory = given ?? mkdtempSync(join(tmpdir(), 'agentlog-example-'));

const exporter = createLogRecordExporter(directory);
const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] });
const logger = provider.getLogger('my-agent');

const attributes = { 'gen_ai.conversation.id': 'conversation-7', 'gen_ai.agent.name': 'weather' };
logger.emit({ eventName: 'gen_ai.user.message', body: { content: 'Weather in Paris?' }, attributes });
logger.emit({
  eventName: 'gen_ai.client.inference.operation.details',
  attributes: {
    ...attributes,
    'gen_ai.operation.name': 'chat',
    'gen_ai.usage.output_tokens': 5,
    'gen_ai.output.messages': [{ role: 'assistant', parts: [{ type: 'text', content: 'Rainy, 57°F.' }] }],
  },
});
logger.emit({ severityNumber: 13, body: 'The forecast is an hour old.', attributes });

// Exports what waits, and closes the store.
await provider.shutdown();

const log = await openAgentLog(directory, { readOnly: true });
for (const { taskId, type, agent, text } of await log.entries({ taskId: 'conversation-7' }))
  console.log(`${taskId} ${agent} ${type}: ${text}`);
await log.close();
if (given === undefined) rmSync(directory, { recursive: true });
