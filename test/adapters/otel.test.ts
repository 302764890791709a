/** What a program logs with the SDK of OpenTelemetry: what it is told is so, also after a kill and on a disk that is full. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { expect, onTestFinished, test } from 'vitest';
import type {
  AgentLogRecordExporterOptions,
  ExportedLogRecord,
  ExportOutcome,
} from '../../src/adapters/otel/api.js';
import { createLogRecordExporter } from '../../src/adapters/otel.js';
import { BALLAST, onDisk } from '../crash/support/disk.js';
import { runHost, startHost } from '../crash/support/host.js';
import { openStore, storePath, textsIn } from '../crash/support/stores.js';
import { tempDir } from '../package/support/temp-dir.js';

const recordOf = (body: unknown, attributes = {}): ExportedLogRecord => ({
  hrTime: [1, 0],
  body,
  attributes,
});

function exporterOf(directory: string, options: AgentLogRecordExporterOptions = {}) {
  const exporter = createLogRecordExporter(directory, { compact: false, ...options });
  onTestFinished(() => exporter.shutdown());
  const exported = (...bodies: unknown[]) =>
    new Promise<ExportOutcome>((resolve) =>
      exporter.export(
        bodies.map((body) => recordOf(body)),
        resolve,
      ),
    );
  return { exporter, exported };
}

test('what the SDK batches is there when it is flushed, in its order', async () => {
  const directory = storePath();
  const { exporter } = exporterOf(directory);
  const provider = new LoggerProvider({
    processors: [new BatchLogRecordProcessor({ exporter, maxExportBatchSize: 7 })],
  });
  const logger = provider.getLogger('test');
  const bodies = Array.from({ length: 100 }, (_, i) => String(i));
  for (const body of bodies) logger.emit({ body, eventName: 'gen_ai.user.message' });
  await provider.forceFlush();
  expect(await textsIn(directory)).toEqual(bodies);
  logger.emit({ body: 'last' });
  await provider.shutdown();
  const log = await openStore(directory, { readOnly: true });
  expect(
    (await log.entries({ last: 2 })).map(({ type, text, detail }) => ({ type, text, detail })),
  ).toMatchObject([
    { type: 'gen_ai.user.message', text: '99', detail: { scope: { name: 'test' } } },
    { type: 'log', text: 'last' },
  ]);
});

test('flushing and shutting down wait for what is under way; afterwards exports fail', async () => {
  const directory = storePath();
  const { exporter, exported } = exporterOf(directory);
  const answers: number[] = [];
  for (let i = 0; i < 3; i++) exporter.export([recordOf(String(i))], ({ code }) => answers.push(code));
  await exporter.forceFlush();
  expect(answers).toEqual([0, 0, 0]);
  void exported('at the end').then(({ code }) => answers.push(code));
  const closing = exporter.shutdown();
  expect(exporter.shutdown()).toBe(closing);
  await closing;
  expect(answers).toEqual([0, 0, 0, 0]);
  expect(await exported('later')).toMatchObject({ code: 1, error: { code: 'AGENTLOG_CLOSED' } });
  expect(await textsIn(directory)).toEqual(['0', '1', '2', 'at the end']);
});

test('a record that can never be logged is told, and takes no other along', async () => {
  const directory = storePath();
  const { exported } = exporterOf(directory, {
    maxEntryBytes: 1024,
    redact: (entry) => {
      if (entry.text === 'secret') throw new Error('not to be logged');
      return entry;
    },
  });
  const { code, error } = await exported('a', 'x'.repeat(2000), 'b', 'secret', 'c');
  expect(code).toBe(1);
  expect(error?.message).toMatch(/^2 of 5 records were not logged, the others are on disk: the entry takes/);
  expect(await exported('d')).toEqual({ code: 0 });
  expect(await textsIn(directory)).toEqual(['a', 'b', 'c', 'd']);
});

test('a record that throws when it is read takes no other along', async () => {
  const directory = storePath();
  const { exporter } = exporterOf(directory);
  const spoilt = {
    get attributes(): never {
      throw new Error('spoilt');
    },
  } as unknown as ExportedLogRecord;
  const exported = (...records: ExportedLogRecord[]) =>
    new Promise<ExportOutcome>((resolve) => exporter.export(records, resolve));
  expect(await exported(recordOf('a'), spoilt, recordOf('b'))).toMatchObject({
    code: 1,
    error: { message: '1 of 3 records were not logged, the others are on disk: spoilt' },
  });
  expect(await exported(spoilt)).toMatchObject({ code: 1 });
  expect(await textsIn(directory)).toEqual(['a', 'b']);
});

test('a store that cannot be opened fails the export and nothing else', async () => {
  const place = join(tempDir(), 'place');
  writeFileSync(place, '');
  const { exporter, exported } = exporterOf(join(place, 'store'));
  expect(await exported('a')).toMatchObject({ code: 1, error: { code: 'AGENTLOG_IO' } });
  expect(await exported('b')).toMatchObject({ code: 1 });
  rmSync(place);
  expect(await exported('c')).toEqual({ code: 0 });
  expect(await new Promise((resolve) => exporter.export([], resolve))).toEqual({ code: 0 });
  await exporter.shutdown();
  expect(await textsIn(join(place, 'store'))).toEqual(['c']);
});

test('a callback that throws is told as a warning, and ends nothing', async () => {
  const directory = storePath();
  const { exporter, exported } = exporterOf(directory);
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  exporter.export([recordOf('a')], () => {
    throw new Error('of the host');
  });
  expect(await warned).toMatchObject({
    code: 'AGENTLOG_LISTENER_THREW',
    message: 'the callback of an export threw: Error: of the host',
  });
  expect(await exported('b')).toEqual({ code: 0 });
  expect(await textsIn(directory)).toEqual(['a', 'b']);
});

test('options that are wrong are refused at once', () => {
  expect(() => createLogRecordExporter('')).toThrow(TypeError);
  expect(() => createLogRecordExporter('x', { taskId: 7 as unknown as string })).toThrow(TypeError);
  expect(() => createLogRecordExporter('x', { taskID: 'T' } as object)).toThrow(/was taskId meant/);
  expect(() => createLogRecordExporter('x', { fulText: true } as object)).toThrow(/fullText/);
  expect(() => createLogRecordExporter('x', { readOnly: true } as object)).toThrow(/readOnly is not for/);
});

/** What a program begins with. */
const OTEL = `
  const { createLogRecordExporter } = await import(new URL('adapters/otel.js', AGENTLOG));
  const exporter = createLogRecordExporter(args.directory + '/store', { compact: false });
  const exported = (...bodies) => new Promise((resolve) =>
    exporter.export(bodies.map((body) => ({ hrTime: [1, 0], body, attributes: {} })), resolve));
`;

test('what was told to be exported is there after a kill, and a batch with all of its records', async () => {
  const directory = tempDir();
  const host = startHost(
    `${OTEL}
    let n = 0;
    const go = async () => {
      for (;;) {
        const names = ['first', 'second'].map((which) => which + ' ' + n++);
        const { code } = await exported(...names);
        if (code === 0) say(names);
      }
    };
    go(); go(); go();`,
    { args: { directory } },
  );
  const told: string[] = [];
  while (told.length < 400) told.push(...((await host.says()) as string[]));
  host.onSaid = (said) => told.push(...(said as string[]));
  await host.kill();
  const found = await textsIn(join(directory, 'store'));
  expect(new Set(found).size).toBe(found.length);
  expect(found).toEqual(expect.arrayContaining(told));
  const firsts = found.filter((text) => text.startsWith('first')).length;
  expect(firsts * 2).toBe(found.length);
});

test('what was exported just before the process ends is there', async () => {
  const directory = tempDir();
  const host = startHost(
    `${OTEL}
    await exported('first');
    await new Promise(setImmediate);
    exported('last');
    process.exit(3);`,
    { args: { directory } },
  );
  expect((await host.ended).status).toBe(3);
  expect(await textsIn(join(directory, 'store'))).toEqual(['first', 'last']);
});

test('on a full disk exports fail, and what failed is not there later; with space they succeed', async (context) => {
  const said = await runHost(
    `${OTEL}${BALLAST}
    const long = (name) => name.padEnd(60_000);
    await exported('before');
    ballast.leave(0);
    let [successes, code] = [0, undefined];
    while (code === undefined) {
      const answer = await exported(long('while it is full'), long('while it is full'));
      if (answer.code === 0) successes++;
      else code = answer.error.code;
    }
    ballast.remove();
    const after = await exported('after');
    await exporter.shutdown();
    const log = await openAgentLog(args.directory + '/store', { compact: false });
    const texts = (await log.entries()).map(({ text }) => text.trimEnd());
    await log.close();
    say({ code, after, lost: 2 + 2 * successes - texts.length, ends: [texts[0], texts.at(-1)] });`,
    onDisk('tmpfs', context),
  );
  expect(said).toEqual({
    code: 'AGENTLOG_DISK_FULL',
    after: { code: 0 },
    lost: 0,
    ends: ['before', 'after'],
  });
});
