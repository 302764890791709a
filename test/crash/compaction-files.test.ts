/**
 * What the kernel sees of the database's files. Nobody but SQLite opens them: in a process in which SQLite has them
 * open, closing any other descriptor of them lets go of SQLite's locks. And while the store is open nobody is made to
 * wait for a checkpoint.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDir } from '../package/support/temp-dir.js';
import { runHost } from './support/host.js';
import { storePath } from './support/stores.js';

const CALLS = 'open,openat,openat2,creat,unlink,unlinkat,rename,renameat,renameat2,ftruncate,fcntl';

/** What is done to the files of a database and to `closing`, each call with its stack, which says whose it is. */
function tracing(store: string, trace: string): string[] {
  const files = ['agent-log.db', 'agent-log.db-wal', 'agent-log.db-shm', 'agent-log.db-journal', 'closing'];
  return [
    'strace',
    '-k',
    '-f',
    '-e',
    `trace=${CALLS}`,
    ...files.flatMap((file) => ['-P', join(store, file)]),
    '-o',
    trace,
  ];
}

function noTracing(): string | undefined {
  const { status, error, stderr } = spawnSync('strace', ['-k', '-o', '/dev/null', 'true'], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `no system call can be traced here: ${error?.message ?? stderr}`;
}

interface Call {
  readonly text: string;
  /** Whose functions were on the stack, from the innermost on. */
  readonly stack: string;
}

function callsIn(file: string): Call[] {
  const calls: { text: string; stack: string }[] = [];
  const unfinished = new Map<string, { text: string; stack: string }>();
  let present: { text: string; stack: string } | undefined;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue;
    if (line.startsWith(' > ')) {
      present!.stack += `${line}\n`;
      continue;
    }
    const [thread] = line.split(' ');
    const begun = line.includes(' resumed>') ? unfinished.get(thread!) : undefined;
    present = begun ?? { text: line, stack: '' };
    if (begun === undefined) calls.push(present);
    else begun.text = begun.text.replace('<unfinished ...>', line.slice(line.indexOf(' resumed>') + 9));
    if (line.endsWith('<unfinished ...>')) unfinished.set(thread!, present);
  }
  return calls;
}

/** Appends, compacts, reads and closes; tells the trace when it closes, by a call that fails. */
const PROGRAM = `
  import { rename } from 'node:fs/promises';
  const log = await openAgentLog(args.store, { segmentBytes: 65536 });
  for (let round = 0; round < 4; round++) {
    await Promise.all(Array.from({ length: 60 }, () => log.append(entry('x'.repeat(2000)))));
    await Promise.all([log.compact(), read(log)]);
    await log.stats();
  }
  const [[id]] = await read(log);
  await log.get(id);
  const reader = await openAgentLog(args.store, { readOnly: true });
  await read(reader);
  await reader.close();
  await rename(args.store + '/closing', args.store + '/closed').catch(() => undefined);
  await log.close();
  say('done');`;

test('only SQLite opens the files of the database, and until the store is closed its checkpoints are passive', async ({
  skip,
}) => {
  const reason = noTracing();
  if (reason !== undefined) skip(reason);
  const store = storePath();
  const trace = join(tempDir(), 'trace');
  expect(await runHost(PROGRAM, { args: { store }, through: tracing(store, trace) })).toBe('done');
  const calls = callsIn(trace);
  const onDatabase = calls.filter(({ text }) => /agent-log\.db/.test(text));
  const opens = onDatabase.filter(({ text }) => /\bopen(at)?\(/.test(text));
  expect(opens.length).toBeGreaterThan(4);
  expect(
    onDatabase.filter(({ stack }) => !stack.includes('better_sqlite3.node(')).map(({ text }) => text),
  ).toEqual([]);

  const closing = calls.findIndex(({ text }) => text.includes('/closing"'));
  expect(closing).toBeGreaterThan(0);
  const running = calls.slice(0, closing);
  expect(checkpointsIn(running)).toMatchObject({ waiting: 0 });
  expect(checkpointsIn(running).all).toBeGreaterThanOrEqual(3);
  // The last one empties the log, and shows that one that makes others wait would have been seen.
  expect(checkpointsIn(calls.slice(closing))).toMatchObject({ waiting: 1 });
});

/** Bytes of the shared memory that are locked, as SQLite's file format has them. */
const WRITE = 120;
const CHECKPOINT = 121;

/** Whoever wants a checkpoint that is more than passive takes the lock of those who write while it checkpoints. */
function checkpointsIn(calls: readonly Call[]): { all: number; waiting: number } {
  let [all, waiting] = [0, 0];
  let checkpointing = false;
  for (const { text } of calls) {
    const [, type, from, length] =
      /F_SETLKW?, \{l_type=(F_\w+), l_whence=SEEK_SET, l_start=(\d+), l_len=(\d+)\}/.exec(text) ?? [];
    if (type === undefined) continue;
    const covers = (byte: number) => Number(from) <= byte && byte < Number(from) + Number(length);
    // Opening a database, SQLite takes all locks at once to see whether the log must be read anew.
    if (Number(length) > 1) continue;
    if (type === 'F_WRLCK' && covers(CHECKPOINT)) {
      checkpointing = true;
      all++;
    } else if (type === 'F_UNLCK' && covers(CHECKPOINT)) checkpointing = false;
    else if (type === 'F_WRLCK' && covers(WRITE) && checkpointing) waiting++;
  }
  return { all, waiting };
}
