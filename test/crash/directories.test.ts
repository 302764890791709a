/** Owners, links and versions of what a store consists of. */
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDir } from '../package/support/temp-dir.js';
import { idsAndTexts, openAgentLog, openStore, storePath } from './support/stores.js';

const ENTRY = { taskId: 't', type: 'text', text: 'x' };
const isRoot = process.geteuid?.() === 0;

test('a directory that was there keeps its mode', async () => {
  const store = storePath();
  mkdirSync(store);
  chmodSync(store, 0o750);
  await (await openStore(store)).close();
  expect(lstatSync(store).mode & 0o777).toBe(0o750);
});

test('a store is reached through a link to its directory, also one that is relative', async () => {
  const store = storePath();
  await (await openStore(store)).close();
  const link = join(dirname(store), 'link');
  symlinkSync('store', link);
  const log = await openStore(link);
  const id = await log.append(ENTRY);
  expect((await (await openStore(store)).get(id))?.text).toBe('x');
});

test.each(['segments', 'locks', 'archive', 'quarantine'])(
  '%s may not be a link, whatever it leads to',
  async (part) => {
    const store = storePath();
    await (await openStore(store)).close();
    const elsewhere = join(dirname(store), 'elsewhere');
    renameSync(join(store, part), elsewhere);
    symlinkSync(elsewhere, join(store, part));
    const files = readdirSync(elsewhere).sort();
    for (const options of [{}, { readOnly: true }]) {
      await expect(openAgentLog(store, options)).rejects.toMatchObject({
        code: 'AGENTLOG_IO',
        message: expect.stringContaining(join(store, part)),
      });
    }
    expect(readdirSync(elsewhere).sort()).toEqual(files);
  },
);

/** A store with rows, a segment that waits, and one that a dead writer left. */
async function usedStore(): Promise<string> {
  const store = storePath();
  const log = await openStore(store, { fullText: true });
  await log.append(ENTRY);
  await log.compact();
  const other = await openStore(store);
  await Promise.all([other.compact(), other.append(ENTRY)]);
  for (const each of [other, log]) await each.close();
  for (const name of ['waits', 'left']) {
    const last = await openStore(store, { compact: false });
    await last.append({ ...ENTRY, text: name });
    await last.close();
  }
  const segments = join(store, 'segments');
  const [left] = readdirSync(segments).sort().reverse();
  renameSync(join(segments, left!), join(segments, left!.replace('.sealed', '.open')));
  return store;
}

const FILES = [
  /^agentlog\.json$/,
  /^agent-log\.db$/,
  /^agent-log\.db-wal$/,
  /^agent-log\.db-shm$/,
  /^segments\/.*\.sealed$/,
  /^segments\/.*\.open$/,
  /^locks\/writer-000$/,
  /^locks\/compactor\.lock$/,
  /^locks\/compactor\.request$/,
  /^locks\/compactor\.answer$/,
  /^locks\/liveness\.lock$/,
  /^locks\/search\.wanted$/,
];

test('a link in the place of any file of a store is refused, and nothing is read or written through it', async () => {
  const store = await usedStore();
  const elsewhere = join(dirname(store), 'elsewhere');
  const files = readdirSync(store, { recursive: true }) as string[];
  for (const file of FILES) {
    const path = join(store, files.find((name) => file.test(name))!);
    renameSync(path, elsewhere);
    const bytes = readFileSync(elsewhere);
    symlinkSync(elsewhere, path);
    const refused = async () => {
      for (const options of [{}, { readOnly: true }]) {
        await expect(openAgentLog(store, options)).rejects.toMatchObject({
          code: 'AGENTLOG_IO',
          message: expect.stringContaining(path),
        });
      }
    };
    await refused();
    expect(readFileSync(elsewhere)).toEqual(bytes);
    rmSync(elsewhere);
    await refused();
    expect(readdirSync(dirname(store))).toEqual(['store']);
    rmSync(path);
    writeFileSync(path, bytes);
  }
  expect(await idsAndTexts(await openStore(store))).toHaveLength(4);
});

test.each(['agent-log.db', 'agent-log.db-wal', 'locks/compactor.lock'])(
  'a link that takes the place of %s while the store is open is not followed',
  async (file) => {
    const store = storePath();
    const log = await openStore(store, { on: { warning: () => undefined } });
    await log.append(ENTRY);
    const elsewhere = join(dirname(store), 'elsewhere');
    symlinkSync(elsewhere, join(store, file));
    await expect(log.compact()).rejects.toMatchObject({ name: 'AgentLogError', code: 'AGENTLOG_IO' });
    if (file === 'agent-log.db') {
      const failure = { name: 'AgentLogError', code: 'AGENTLOG_IO' };
      await expect(log.entries()).rejects.toMatchObject(failure);
      await expect(log.sql('SELECT 1')).rejects.toMatchObject(failure);
      await expect(log.backup(join(tempDir(), 'copy'))).rejects.toMatchObject(failure);
    }
    expect(readdirSync(dirname(store))).toEqual(['store']);
    await log.append(ENTRY);
    rmSync(join(store, file));
    expect(await idsAndTexts(log)).toHaveLength(2);
    await log.compact();
    expect(await log.sql('SELECT count(*) AS rows FROM agentLogEntries')).toEqual([{ rows: 2 }]);
  },
);

test.each(['', 'segments', 'locks', 'archive', 'quarantine'])(
  'a directory that all may write to (STORE/%s) is refused before anything is made, unless that is allowed',
  async (part) => {
    const store = storePath();
    mkdirSync(store);
    if (part !== '') await (await openStore(store)).close();
    const path = join(store, part);
    for (const mode of [0o757, 0o1777]) {
      chmodSync(path, mode);
      const before = readdirSync(store, { recursive: true });
      for (const options of [{}, { readOnly: true }]) {
        await expect(openAgentLog(store, options)).rejects.toMatchObject({
          code: 'AGENTLOG_FOREIGN_OWNER',
          message: expect.stringContaining('chmod o-w'),
        });
      }
      expect(readdirSync(store, { recursive: true })).toEqual(before);
    }
    await (await openStore(store, { allowForeignOwner: true })).append(ENTRY);
    chmodSync(path, 0o775);
    await (await openStore(store)).append(ENTRY);
  },
);

test('a file where the store should be is refused', async () => {
  const store = storePath();
  writeFileSync(store, '');
  await expect(openAgentLog(store)).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
  await expect(openAgentLog(join(store, 'below'))).rejects.toMatchObject({ code: 'AGENTLOG_IO' });
});

test.skipIf(!isRoot)(
  'a directory of another user is refused before anything is made (needs root to give one away)',
  async () => {
    const store = storePath();
    mkdirSync(store);
    chownSync(store, 65_534, 65_534);
    for (const options of [{}, { readOnly: true }]) {
      await expect(openAgentLog(store, options)).rejects.toMatchObject({ code: 'AGENTLOG_FOREIGN_OWNER' });
      expect(readdirSync(store)).toEqual([]);
    }
    const log = await openStore(store, { allowForeignOwner: true });
    await log.append(ENTRY);
    expect(await idsAndTexts(log)).toHaveLength(1);
  },
);

test.skipIf(!isRoot)(
  'inner directories of another user are refused too (needs root to give one away)',
  async () => {
    const store = storePath();
    await (await openStore(store)).close();
    chownSync(join(store, 'segments'), 65_534, 65_534);
    const locks = readdirSync(join(store, 'locks'));
    await expect(openAgentLog(store)).rejects.toMatchObject({
      code: 'AGENTLOG_FOREIGN_OWNER',
      message: expect.stringContaining('segments'),
    });
    expect(readdirSync(join(store, 'locks'))).toEqual(locks);
    await openStore(store, { allowForeignOwner: true });
  },
);

interface Versions {
  readonly minReaderVersion?: number;
  readonly minWriterVersion?: number;
}

/** A store whose manifest says something else, and nothing but the manifest. */
async function storeWith(change: Versions): Promise<string> {
  const store = storePath();
  await (await openStore(store)).close();
  const path = join(store, 'agentlog.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  for (const part of ['segments', 'locks', 'archive', 'quarantine'])
    rmSync(join(store, part), { recursive: true });
  writeFileSync(path, JSON.stringify({ ...manifest, ...change }));
  return store;
}

test('a store of a newer version is refused before anything is made, locked or taken', async () => {
  const newer = await storeWith({ minReaderVersion: 2, minWriterVersion: 2 });
  for (const options of [{}, { readOnly: true }]) {
    await expect(openAgentLog(newer, options)).rejects.toMatchObject({ code: 'AGENTLOG_FORMAT' });
    expect(readdirSync(newer)).toEqual(['agentlog.json']);
  }
});

test('a store that only newer programs may write can still be read', async () => {
  const store = storePath();
  const log = await openStore(store);
  const id = await log.append(ENTRY);
  await log.close();
  const path = join(store, 'agentlog.json');
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), minWriterVersion: 2 }));
  const files = readdirSync(store, { recursive: true });
  await expect(openAgentLog(store)).rejects.toMatchObject({ code: 'AGENTLOG_FORMAT' });
  expect((await (await openStore(store, { readOnly: true })).get(id))?.text).toBe('x');
  expect(readdirSync(store, { recursive: true })).toEqual(files);
});

test.each(['', '{', 'null', '[]', '{"format":1}', '{"minReaderVersion":1,"minWriterVersion":1}'])(
  'a manifest that is none (%s) is refused, and stays as it is',
  async (text) => {
    const store = storePath();
    await (await openStore(store)).close();
    writeFileSync(join(store, 'agentlog.json'), text);
    await expect(openAgentLog(store)).rejects.toMatchObject({ code: 'AGENTLOG_FORMAT' });
    expect(readFileSync(join(store, 'agentlog.json'), 'utf8')).toBe(text);
  },
);

test('readOnly makes nothing where there is no store', async () => {
  const store = storePath();
  await expect(openAgentLog(store, { readOnly: true })).rejects.toMatchObject({ code: 'AGENTLOG_NOT_FOUND' });
  expect(readdirSync(dirname(store))).toEqual([]);
  mkdirSync(store);
  await expect(openAgentLog(store, { readOnly: true })).rejects.toMatchObject({ code: 'AGENTLOG_NOT_FOUND' });
  expect(readdirSync(store)).toEqual([]);
});
