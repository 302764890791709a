/** `agentlog/otel` as those have it who installed the package: the example runs, and the types are those of the SDK. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tempDir } from '../package/support/temp-dir.js';
import { compile, runExample } from './support/consumer.js';

const OPEN_TELEMETRY = ['@opentelemetry'];

test('the example runs as it stands, and leaves nothing behind', () => {
  const run = runExample(tempDir(), 'otel.mjs', OPEN_TELEMETRY);
  const temporary = tempDir();
  expect(run(temporary)).toEqual({
    status: 0,
    stderr: '',
    stdout: `conversation-7 weather gen_ai.user.message: Weather in Paris?
conversation-7 weather gen_ai.client.inference.operation.details: Rainy, 57°F.
conversation-7 weather warn: The forecast is an hour old.
`,
  });
  expect(readdirSync(temporary)).toEqual([]);
});

const CONSUMER = `
  import { type AgentLogRecordExporter, createLogRecordExporter, type ExportOutcome } from 'agentlog/otel';
  export async function use(): Promise<void> {
    const exporter: AgentLogRecordExporter = createLogRecordExporter('store', { taskId: 'T', fullText: true });
    exporter.export([{ hrTime: [1, 0], attributes: {} }], ({ code, error }: ExportOutcome) => void [code, error?.message]);
    await exporter.forceFlush();
    await exporter.shutdown();
  }
  // @ts-expect-error: it does nothing but write
  createLogRecordExporter('store', { readOnly: true });`;

test('a TypeScript project compiles against the types, and needs no others', () => {
  expect(compile(tempDir(), CONSUMER)).toEqual({ status: 0, stdout: '', stderr: '' });
});

const HOST = `
  import { BatchLogRecordProcessor, type LogRecordExporter, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
  import { createLogRecordExporter } from 'agentlog/otel';
  export const exporter: LogRecordExporter = createLogRecordExporter('store');
  export const processors = [new BatchLogRecordProcessor({ exporter }), new SimpleLogRecordProcessor({ exporter })];`;

test('it is an exporter as the SDK wants one', () => {
  expect(compile(tempDir(), HOST, OPEN_TELEMETRY)).toEqual({ status: 0, stdout: '', stderr: '' });
});
