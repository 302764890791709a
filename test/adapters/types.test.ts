/** The types of the adapters, as those have them who installed the package. One compilation of all, which takes seconds. */
import { expect, test } from 'vitest';
import { tempDir } from '../package/support/temp-dir.js';
import { compile } from './support/consumer.js';

const PINO = `
  import agentLogTransport, { type PinoTransport, type PinoTransportOptions } from 'agentlog/pino';
  const options: PinoTransportOptions = { directory: 'store', taskId: 'T', taskField: 'task', fullText: true };
  export const transport: Promise<PinoTransport> = agentLogTransport(options);
  // @ts-expect-error: a function cannot be sent to a thread
  export const wrong: PinoTransportOptions = { directory: 'store', redact: (entry) => entry };`;

const OTEL = `
  import { type AgentLogRecordExporter, createLogRecordExporter, type ExportOutcome } from 'agentlog/otel';
  export async function use(): Promise<void> {
    const exporter: AgentLogRecordExporter = createLogRecordExporter('store', { taskId: 'T', fullText: true });
    exporter.export([{ hrTime: [1, 0], attributes: {} }], ({ code, error }: ExportOutcome) => void [code, error?.message]);
    await exporter.forceFlush();
    await exporter.shutdown();
  }
  // @ts-expect-error: it does nothing but write
  createLogRecordExporter('store', { readOnly: true });`;

const FUSION = `
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

const SDK = `
  import { BatchLogRecordProcessor, type LogRecordExporter, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
  import { createLogRecordExporter } from 'agentlog/otel';
  export const exporter: LogRecordExporter = createLogRecordExporter('store');
  export const processors = [new BatchLogRecordProcessor({ exporter }), new SimpleLogRecordProcessor({ exporter })];`;

test('a TypeScript project compiles against the types, which need no others and fit those of the SDK', () => {
  const projects = {
    'pino.mts': PINO,
    'otel.mts': OTEL,
    'fusion.mts': FUSION,
    // Where only this one can see the SDK.
    'sdk/host.mts': SDK,
    // The SDK's types name it.
    'sdk/console.d.ts': 'declare const console: { [method: string]: (...values: unknown[]) => void };',
  };
  expect(compile(tempDir(), projects, { sdk: ['@opentelemetry'] })).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
});
