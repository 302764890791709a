/** What a store makes is for its owner alone, whatever the umask, from the moment at which it is there. */
import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { noModes, withModes } from '../../tools/torture/small-disk.js';
import { tempDir } from '../package/support/temp-dir.js';
import { startHost, stopHost } from './support/host.js';

/** Makes every kind of file that a store has, and says so while it is open. */
const PROGRAM = `
  import { chmodSync, mkdirSync, readdirSync, openSync, writeSync as write, closeSync, unlinkSync } from 'node:fs';
  const on = { damage: () => undefined };
  const log = await openAgentLog(args.store, { segmentBytes: 65536, fullText: true, on });
  const other = await openAgentLog(args.store, { on });
  const fill = async () => { for (let n = 0; n < 80; n++) await log.append(entry('x'.repeat(2000))); };
  await fill();
  const segments = args.store + '/segments/';
  const fd = openSync(segments + readdirSync(segments).find((name) => name.endsWith('.sealed')), 'r+');
  write(fd, 'rot', 20000);
  closeSync(fd);
  await log.compact();
  // Asks the first one for a round.
  await other.compact();
  await other.deleteTask('t');
  await log.prune({ keepPerTask: 1 });
  log.appendSync(entry('sync'));
  await log.search('sync');
  await log.sql('SELECT 1');
  await log.backup(args.store + '-copy');
  mkdirSync(args.store + '-there');
  chmodSync(args.store + '-there', 0o755);
  await (await openAgentLog(args.store, { readOnly: true })).backup(args.store + '-there');
  const copied = await openAgentLog(args.store + '-copy', { on });
  await copied.append(entry('more'));
  await copied.compact();
  await other.append(entry('other'));
  await fill();
  say('made');
  await hear();`;

const KINDS = [
  /\.open$/,
  /segments\/.*\.sealed$/,
  /archive\/.*\.sealed$/,
  /quarantine\/.*\.sealed$/,
  /agentlog\.json$/,
  /writer-\d{3}$/,
  /compactor\.lock$/,
  /compactor\.request$/,
  /compactor\.answer$/,
  /liveness\.lock$/,
  /search\.wanted$/,
  /db$/,
  /db-wal$/,
  /db-shm$/,
];

/** Every path below `directory` with its mode in octal. */
function modesBelow(directory: string): Map<string, string> {
  const paths = readdirSync(directory, { recursive: true }) as string[];
  return new Map(
    paths.map((path) => {
      const status = lstatSync(join(directory, path));
      return [path, `${status.isDirectory() ? 'd' : '-'}${(status.mode & 0o7777).toString(8)}`];
    }),
  );
}

test.for(['000', '077', '0777'])(
  'under umask %s directories have mode 700 and files 600',
  async (umask, { skip }) => {
    const reason = noModes();
    if (reason !== undefined) skip(reason);
    const above = tempDir();
    const host = startHost(PROGRAM, {
      args: { store: join(above, 'a/b/store') },
      through: [...withModes(), 'sh', '-c', `umask ${umask}; exec "$@"`, 'sh'],
    });
    expect(await host.says()).toBe('made');
    // Segments are made in the background.
    await stopHost(host);
    const modes = modesBelow(above);
    for (const kind of KINDS) expect([...modes.keys()].some((path) => kind.test(path))).toBe(true);
    for (const [path, mode] of modes) {
      if (path.endsWith('store-there')) continue;
      expect([path, mode]).toEqual([path, mode.startsWith('d') ? 'd700' : '-600']);
    }
  },
);

const TRACE = [
  'strace',
  '-f',
  '-qq',
  '-e',
  'trace=open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2',
];

function noTracing(): string | undefined {
  const { status, error, stderr } = spawnSync('strace', ['-o', '/dev/null', 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : `no system call can be traced here: ${error?.message ?? stderr}`;
}

/** Calls that make something below `directory` which others may use for a moment. */
function open(directory: string, trace: string): string[] {
  const made = new Set<string>();
  const found: string[] = [];
  for (const line of readFileSync(trace, 'utf8').split('\n')) {
    const [first, second] = [...line.matchAll(/"([^"]*)"/g)].map(([, path]) => path!);
    if (first === undefined || !first.startsWith(`${directory}/`)) continue;
    if (second !== undefined) made.add(second);
    else if (/\bmkdir/.test(line)) {
      if (!/, 0700\)/.test(line) && !first.endsWith('-there')) found.push(line);
    } else if (/O_CREAT|creat\(/.test(line)) {
      // What SQLite opens with a mode of its own is there already.
      if (/, 0600\)?/.test(line)) made.add(first);
      else if (!made.has(first)) found.push(line);
    }
  }
  return found;
}

test('nothing is made with rights for others first and without them later', async ({ skip }) => {
  const reason = noTracing();
  if (reason !== undefined) skip(reason);
  const directory = tempDir();
  const trace = join(tempDir(), 'trace');
  const host = startHost(PROGRAM, {
    args: { store: join(directory, 'store') },
    through: ['sh', '-c', 'umask 000; exec "$@"', 'sh', ...TRACE, '-o', trace],
  });
  expect(await host.says()).toBe('made');
  host.tell('end');
  await host.kill();
  expect(open(directory, trace)).toEqual([]);
  expect(readFileSync(trace, 'utf8')).toContain('agent-log.db-wal');
});
