/** What a program logs with pino, through ends of every kind and on a disk that is full. */
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { StoredEntry } from '../../src/entry.js';
import { BALLAST, onDisk } from '../crash/support/disk.js';
import { runHost, startHost } from '../crash/support/host.js';
import { openStore, storePath } from '../crash/support/stores.js';

/** What a program begins with. */
const PINO = `
  import { once } from 'node:events';
  import { createRequire } from 'node:module';
  import { fileURLToPath } from 'node:url';
  const pino = createRequire(new URL('../../package.json', AGENTLOG))('pino');
  const target = fileURLToPath(new URL('adapters/pino.js', AGENTLOG));
  const options = { directory: args.directory, compact: false };
  const transportTo = (others) => pino.transport({ target, options: { ...options, ...others } });
  /** A transport does not keep its program running. */
  const end = (transport) => { transport.ref(); transport.end(); return once(transport, 'close'); };
`;

async function entriesIn(directory: string): Promise<StoredEntry[]> {
  const log = await openStore(directory, { compact: false });
  return log.entries({ limit: 100_000 });
}

const textsIn = async (directory: string) => (await entriesIn(directory)).map(({ text }) => text);
const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));

const READY = "await once(transport, 'ready');";
const KILLED = "process.kill(process.pid, 'SIGTERM'); setInterval(() => undefined, 1000);";

test.each([
  ['process.exit()', READY, 'process.exit(3)', 3],
  ['process.exit() before the store is open', '', 'process.exit(3)', 3],
  ['a natural end', READY, '', 0],
  ['an error that nobody caught', READY, 'setImmediate(() => { throw new Error("thrown") })', 1],
  ['a signal that is handled', READY, `process.once('SIGTERM', () => process.exit(143)); ${KILLED}`, 143],
])('everything is on disk at %s', async (_name, before, end, status) => {
  const directory = storePath();
  const host = startHost(
    `${PINO}
    const transport = transportTo();
    const logger = pino(transport);
    ${before}
    for (let i = 0; i < 2000; i++) logger.info(String(i));
    ${end}`,
    { args: { directory } },
  );
  expect((await host.ended).status).toBe(status);
  expect(await textsIn(directory)).toEqual(numbers(2000));
});

test.each([
  ['flushSync()', 'if (n % 7 === 0) await new Promise(setImmediate); transport.flushSync();'],
  ['flush()', 'await new Promise((resolve) => logger.flush(resolve));'],
])('what was logged before a %s is there after a kill, once and in its order', async (_name, flush) => {
  const directory = storePath();
  const host = startHost(
    `${PINO}
    const transport = transportTo();
    const logger = pino(transport);
    for (let n = 0; ; ) {
      for (let i = 0; i < 10; i++) logger.info(String(n++));
      const flushed = n;
      // Of these some may be on their way when the others are flushed.
      ${flush}
      say(flushed);
    }`,
    { args: { directory } },
  );
  let flushed = 0;
  while (flushed < 300) flushed = (await host.says()) as number;
  host.onSaid = (said) => {
    flushed = said as number;
  };
  await host.kill();
  const texts = await textsIn(directory);
  expect(texts.length).toBeGreaterThanOrEqual(flushed);
  expect(texts).toEqual(numbers(texts.length));
});

test('a kill takes nothing from the middle, or a part of a line', async () => {
  const directory = storePath();
  const host = startHost(
    `${PINO}
    const logger = pino(transportTo());
    for (let n = 0; ; n++) {
      logger.info({ filling: 'x'.repeat(n % 1000) }, String(n));
      if (n % 100 === 0) await new Promise(setImmediate);
      if (n === 20_000) say('many');
    }`,
    { args: { directory } },
  );
  await host.says();
  await host.kill();
  const entries = await entriesIn(directory);
  expect(entries.map(({ text }) => text)).toEqual(numbers(entries.length));
  for (const [i, { detail }] of entries.entries())
    expect((detail as { filling: string }).filling.length).toBe(i % 1000);
});

test('levels, the name of the message and the task are those of the logger, from the first line on', async () => {
  const directory = storePath();
  await runHost(
    `${PINO}
    const transport = transportTo({ taskId: 'usual', taskField: 'task' });
    // The thread has long waited for lines when it is told how the logger calls things.
    await once(transport, 'ready');
    const logger = pino({ name: 'exec', messageKey: 'message', customLevels: { loud: 35 }, base: undefined }, transport);
    logger.loud({ task: 'FN-1', n: 1 }, 'one');
    logger.child({ agent: 'reviewer', task: 'FN-2' }).warn('two');
    // Nor is its end.
    transport.write('no JSON');
    await end(transport);
    say('closed');`,
    { args: { directory } },
  );
  expect(await entriesIn(directory)).toMatchObject([
    { taskId: 'FN-1', type: 'loud', text: 'one', agent: 'exec', detail: { n: 1 } },
    { taskId: 'FN-2', type: 'warn', text: 'two', agent: 'reviewer' },
    { taskId: 'usual', type: 'text', text: 'no JSON' },
  ]);
});

test('a line that cannot be logged takes no other along: it is kept as text, or told', async () => {
  const directory = storePath();
  const host = startHost(
    `${PINO}
    const transport = transportTo({ maxEntryBytes: 2048 });
    const logger = pino({ base: undefined }, transport);
    await once(transport, 'ready');
    logger.info('before');
    transport.write('{"msg":"deep","x":' + '['.repeat(600) + ']'.repeat(600) + '}\\n');
    logger.info('x'.repeat(3000));
    logger.info({ taskId: 'T' }, 'after');
    await end(transport);`,
    { args: { directory } },
  );
  const { status, stderr } = await host.ended;
  expect(status).toBe(0);
  expect(stderr).toContain('AGENTLOG_WRITE_DROPPED');
  expect(stderr).toMatch(/a line of 30\d\d characters was not logged: the entry takes/);
  const entries = await entriesIn(directory);
  expect(entries.map(({ text }) => text.slice(0, 13))).toEqual(['before', '{"msg":"deep"', 'after']);
  expect(entries[1]!.text).toHaveLength(1219);
});

test('that a line was not logged is told although the program ends at once', async () => {
  const host = startHost(
    `${PINO}
    const transport = transportTo({ maxEntryBytes: 2048 });
    await once(transport, 'ready');
    pino(transport).info('x'.repeat(3000));
    process.exit(3);`,
    { args: { directory: storePath() } },
  );
  const { status, stderr } = await host.ended;
  expect(status).toBe(3);
  expect(stderr).toMatch(
    /\[AGENTLOG_WRITE_DROPPED\] AgentLogWarning: a line of 30\d\d characters was not logged/,
  );
});

test('a logger with levels of its own may make its transport itself', async () => {
  const directory = storePath();
  const host = startHost(
    `${PINO}
    const logger = pino({ customLevels: { loud: 35 }, transport: { target, options } });
    logger.loud('one');`,
    { args: { directory } },
  );
  expect(await host.ended).toEqual({ status: 0, signal: null, stderr: '' });
  expect(await entriesIn(directory)).toMatchObject([{ type: 'loud', text: 'one' }]);
});

test('of several targets it gets everything, too', async () => {
  const directory = storePath();
  const host = startHost(
    `${PINO}
    const logger = pino(pino.transport({ targets: [
      { target, options, level: 'warn' },
      { target: 'pino/file', options: { destination: args.directory + '.jsonl' } },
    ] }));
    for (let i = 0; i < 2000; i++) { logger.info('not for it'); logger.warn(String(i)); }`,
    { args: { directory } },
  );
  expect((await host.ended).status).toBe(0);
  expect(await textsIn(directory)).toEqual(numbers(2000));
});

test('an option that is wrong, and a store that cannot be opened, are errors of the transport', async () => {
  const directory = storePath();
  const said = await runHost(
    `${PINO}
    const errors = [];
    for (const others of [{ tskField: 'x' }, { directory: undefined, dir: 'x' }, { taskId: 7 }, { readOnly: true }, { directory: '/dev/null/store' }]) {
      const transport = transportTo(others);
      const [error] = await once(transport, 'error');
      errors.push(error.message);
    }
    say(errors);`,
    { args: { directory } },
  );
  expect(said).toEqual([
    'There is no option tskField; was taskField meant?',
    'The option directory must be a path: a string that is not empty',
    'The option taskId must be a string',
    'The option readOnly is not for a transport, which writes',
    expect.stringContaining('/dev/null'),
  ]);
});

test('its thread has entries become rows, while the thread of the program does nothing else and when it ends', async () => {
  const directory = storePath();
  const log = await openStore(directory, { compact: false });
  const left = await openStore(directory, { compact: false });
  await left.appendBatch(numbers(100).map((text) => ({ taskId: 'T', type: 'text', text })));
  await left.close();
  const host = startHost(
    `${PINO}
    import { readSync } from 'node:fs';
    const transport = transportTo({ compact: true });
    const logger = pino(transport);
    await once(transport, 'ready');
    for (let i = 100; i < 150; i++) logger.info(String(i));
    transport.flushSync();
    say('flushed');
    // Not a single turn of the event loop until it is told.
    readSync(0, Buffer.alloc(1));
    process.exit(3);`,
    { args: { directory } },
  );
  await host.says();
  const rows = async () => {
    const [row] = await log.sql<{ rows: number }>('SELECT count(*) AS rows FROM agentLogEntries');
    return row!.rows;
  };
  while ((await rows()) < 100) expect(await log.count()).toBe(150);
  expect(await rows()).toBe(100);
  host.tell('go on');
  expect((await host.ended).status).toBe(3);
  expect(await rows()).toBe(150);
  expect(await textsIn(directory)).toEqual(numbers(150));
});

test('a full disk loses, doubles and reorders nothing: what is logged waits until there is space', async (context) => {
  const host = startHost(
    `${PINO}${BALLAST}
    const transport = transportTo({ directory: args.directory + '/store' });
    const logger = pino({ base: undefined }, transport);
    const flushed = () => new Promise((resolve) => logger.flush(resolve));
    logger.info('0');
    await flushed();
    ballast.leave(0);
    for (let i = 1; i < 50; i++) logger.info({ filling: 'x'.repeat(20_000) }, String(i));
    let isFlushed = false;
    const all = flushed().then(() => { isFlushed = true; });
    say('logged');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    process.stdin.unref();
    for (let i = 50; i < 60; i++) logger.info(String(i));
    const during = isFlushed;
    ballast.remove();
    await all;
    await end(transport);
    const log = await openAgentLog(args.directory + '/store', { compact: false });
    const texts = (await log.entries()).map(({ text }) => text);
    await log.close();
    say({ during, texts });`,
    onDisk('tmpfs', context),
  );
  await host.says();
  // Of the refusal nobody tells the program.
  await setTimeout(1000);
  expect(await host.ask('go on')).toEqual({ during: false, texts: numbers(60) });
  expect((await host.ended).stderr).toMatch(
    /AGENTLOG_STORAGE.*waits until the disk takes it: .*(the disk is full|no space)/,
  );
});
