/**
 * The database as its file gives it, read by processes of their own: if this one opened and closed it, the locks that
 * SQLite holds on it in this process would be gone.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from '../../package/support/paths.js';
import type { Found } from './acknowledged.js';
import { startHost } from './host.js';

const inRepository = (path: string) => JSON.stringify(pathToFileURL(join(repositoryRoot, path)).href);

/** What a program begins with that uses SQLite itself: `open` a database. */
export const OUTSIDE = `
  import Database from ${inRepository('node_modules/better-sqlite3/lib/index.js')};
  const open = (store, options) => new Database(store + '/agent-log.db', options);`;

const INSPECT = `${OUTSIDE}
  import { formatId } from ${inRepository('dist/src/entry-id.js')};
  const db = open(args.store, { readonly: true });
  const rows = db.prepare('SELECT id >> 32 AS high, id & 0xffffffff AS low, taskId, text, detail FROM agentLogEntries ORDER BY id');
  let some = [];
  for (const { high, low, taskId, text, detail } of rows.iterate()) {
    some.push({ id: formatId(high, low), taskId, text, detail: JSON.parse(detail) });
    if (some.length === 1000) { say(some); some = []; }
  }
  say(some);
  const counted = \`
    SELECT taskId, type, count(*), sum(octet_length(taskId) + octet_length(type) + octet_length(text)
      + ifnull(octet_length(agent), 0) + ifnull(octet_length(detail), 0)), max(id), timestamp
    FROM agentLogEntries GROUP BY taskId, type\`;
  const kept = 'SELECT taskId, type, entries, bytes, lastId, lastTimestamp FROM agentLogTasks';
  const both = [\`\${counted} EXCEPT \${kept}\`, \`\${kept} EXCEPT \${counted}\`];
  say({
    integrity: db.pragma('integrity_check', { simple: true }),
    miscounted: both.flatMap((query) => db.prepare(query).safeIntegers().all()).map((row) => JSON.stringify(row, (_, value) => typeof value === 'bigint' ? String(value) : value)),
    state: db.prepare("SELECT value FROM agentLogMeta WHERE key = 'state'").pluck().get(),
    damages: db.prepare('SELECT * FROM agentLogDamage').all(),
  });
  db.close();`;

interface Inspected {
  readonly integrity: string;
  /** Counters that are not what the rows say. */
  readonly miscounted: readonly string[];
  readonly state: 'open' | 'closed';
  readonly damages: readonly unknown[];
}

/** A database that nothing is wrong with. */
export const SOUND = { integrity: 'ok', miscounted: [], damages: [] };

/** All rows in the order of their ids, and what SQLite and the counters say of them. */
export async function inspectDatabase(store: string): Promise<{ rows: Found[]; inspected: Inspected }> {
  const host = startHost(INSPECT, { args: { store } });
  const rows: Found[] = [];
  for (;;) {
    const said = (await host.says()) as Found[] | Inspected;
    if ('integrity' in said) {
      await host.ended;
      return { rows, inspected: said };
    }
    rows.push(...said);
  }
}

/** The files of segments that wait to become rows, or are being written. */
export function waitingSegments(store: string): string[] {
  return readdirSync(join(store, 'segments')).sort();
}

/** Of the write-ahead log. By its name: the file is not opened. */
export function walBytes(store: string): number {
  return statSync(join(store, 'agent-log.db-wal'), { throwIfNoEntry: false })?.size ?? 0;
}
