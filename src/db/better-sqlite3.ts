/**
 * The one file that loads better-sqlite3: lazily, and only after its package.json was seen to suit this Node.
 *
 * A release built for a newer Node does not fail to load, it crashes the process at the first database (13.2.0 on
 * Node 20), and package managers that ignore `engines` install it there. So the version is judged before anything
 * native is opened.
 */
import type BetterSqlite3 from 'better-sqlite3';
import { nativeRequire } from '../bundled.js';
import { type AgentLogError, ioError } from '../errors.js';
import { asError, firstLine, type NativeDefect, nativeMissing, thisNode } from '../native-missing.js';
import { compareVersions, lowestAdmitted } from './node-range.js';

export type SqliteDriver = typeof BetterSqlite3;
export type Connection = BetterSqlite3.Database;
export type Statement = BetterSqlite3.Statement;

interface Loading {
  readonly require: NodeJS.Require;
  /** Without the leading `v`. */
  readonly nodeVersion: string;
}

interface Manifest {
  readonly version: string;
  readonly engines?: { readonly node?: string };
}

let driver: SqliteDriver | undefined;

export function betterSqlite3(): SqliteDriver {
  driver ??= loadBetterSqlite3({
    require: nativeRequire(),
    nodeVersion: process.versions.node,
  });
  return driver;
}

/** A connection to the file. Only whoever closes it lets go of its locks. */
export function connect(path: string, options: BetterSqlite3.Options): Connection {
  try {
    return new (betterSqlite3())(path, options);
  } catch (error) {
    // What cannot be opened is SQLite's to say, but that there is no directory better-sqlite3 says, of one that the disk hides too.
    throw error instanceof TypeError ? ioError(`cannot open ${path}`, error) : error;
  }
}

/** Exported for the tests, which hand it a `require` and a Node version of their own. */
export function loadBetterSqlite3({ require, nodeVersion }: Loading): SqliteDriver {
  const manifest = attempt(
    () => require('better-sqlite3/package.json') as Manifest,
    (error) => refusal('absent', suitableMajor(nodeVersion), error),
  );
  const wanted = lowestNode(manifest);
  if (compareVersions(nodeVersion, wanted) < 0) {
    const problem = `version ${manifest.version} needs Node ${wanted} or later and would crash this process`;
    throw refusal('version', suitableMajor(nodeVersion), new Error(problem));
  }
  return attempt(
    () => {
      const loaded = require('better-sqlite3') as SqliteDriver;
      // Its binding is loaded by the first database only.
      new loaded(':memory:').close();
      return loaded;
    },
    // 13 is never compiled at install: where its binaries do not fit, 12 may.
    (error) => refusal(compareVersions(manifest.version, '13.0.0') >= 0 ? 'version' : 'binary', 12, error),
  );
}

function refusal(defect: NativeDefect, major: 12 | 13, error: unknown): AgentLogError {
  return nativeMissing({
    summary: `agentlog cannot use better-sqlite3 on ${thisNode()}.`,
    defect,
    packages: [`better-sqlite3@${major}`],
    attempts: [new Error(`better-sqlite3: ${firstLine(asError(error).message)}`, { cause: error })],
  });
}

function lowestNode({ version, engines }: Manifest): string {
  const declared = lowestAdmitted(engines?.node ?? '*');
  const known = compareVersions(version, '13.0.0') >= 0 ? '22.0.0' : '0.0.0';
  return compareVersions(declared, known) >= 0 ? declared : known;
}

/** 13 brings its binaries along and needs no install script, so it is the one to name wherever it works. */
function suitableMajor(nodeVersion: string): 12 | 13 {
  return compareVersions(nodeVersion, '22.0.0') >= 0 ? 13 : 12;
}

function attempt<T>(work: () => T, explain: (error: unknown) => Error): T {
  try {
    return work();
  } catch (error) {
    throw explain(error);
  }
}
