/** The versions of everything that takes part; agentlog and SQLite always do. */
import { createRequire } from 'node:module';
import { join, sep } from 'node:path';
import { betterSqlite3 } from '../../src/db/better-sqlite3.js';

const require = createRequire(import.meta.url);

export function versions(others: readonly string[]): Record<string, string> {
  const database = new (betterSqlite3())(':memory:');
  const sqlite = database.prepare('SELECT sqlite_version()').pluck().get();
  database.close();
  return {
    agentlog: manifestVersion('agentlog/package.json'),
    'better-sqlite3': `${installedVersion('better-sqlite3')}, SQLite ${sqlite}`,
    ...Object.fromEntries(others.map((name) => [name, installedVersion(name)])),
  };
}

/** By way of the main module, since not every package exports its package.json. */
function installedVersion(name: string): string {
  const main = require.resolve(name);
  const home = join('node_modules', name) + sep;
  return manifestVersion(join(main.slice(0, main.lastIndexOf(home)), home, 'package.json'));
}

function manifestVersion(path: string): string {
  return (require(path) as { version: string }).version;
}
