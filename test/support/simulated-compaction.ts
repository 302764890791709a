/**
 * Compaction of a store on a simulated disk: its segments are on that disk, its rows in a real database that keeps what
 * was committed and forgets what was not, as SQLite's own files do when a process is killed.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Compactor } from '../../src/compactor/compactor.js';
import { Healing } from '../../src/compactor/healing.js';
import { LeaderLock } from '../../src/compactor/leader-lock.js';
import { betterSqlite3 } from '../../src/db/better-sqlite3.js';
import { RowStore } from '../../src/db/row-store.js';
import { type Salvaged, salvage } from '../../src/db/salvage.js';
import type { Destination } from '../../src/destination.js';
import type { HealEvent } from '../../src/events.js';
import type { Disk } from '../../src/segment/disk.js';
import type { StorePaths } from '../../src/segment/store-directory.js';

const IN_MEMORY = '/dev/shm';

/** Called before each step of a database; may throw. */
export type Watch = (name: string) => void;

export class SimulatedDatabase {
  readonly #directory = mkdtempSync(join(existsSync(IN_MEMORY) ? IN_MEMORY : tmpdir(), 'agentlog-'));
  readonly path = join(this.#directory, 'agent-log.db');
  /** For damaged ones. */
  readonly quarantine = join(this.#directory, 'quarantine');
  /** Whether its makers want it to have an index for searches. */
  fullText = false;
  readonly heals: HealEvent[] = [];
  readonly #open = new Map<string, Set<RowStore>>();
  watch: Watch = () => undefined;

  constructor() {
    mkdirSync(this.quarantine);
  }

  destinationFor(process: string): Destination {
    const store = RowStore.open(this.path, { allowUnsafeSqlite: false, fullText: this.fullText });
    const stores = this.#open.get(process) ?? new Set();
    this.#open.set(process, stores.add(store));
    return new Proxy(store, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          this.watch(String(name));
          return Reflect.apply(value, target, args);
        };
      },
    });
  }

  /** Makes it anew when it is damaged. */
  healingFor(disk: Disk, paths: StorePaths, roundBytes: number): Healing {
    const options = (fullText: boolean) => ({ allowUnsafeSqlite: false, fullText });
    return new Healing({
      disk,
      paths,
      path: this.path,
      quarantine: this.quarantine,
      roundBytes,
      salvage: () => salvaged(this.path),
      make: (path, hadFullText) => RowStore.open(path, options(hadFullText || this.fullText)),
    });
  }

  /** What a process had not committed is gone with it. */
  kill(process: string): void {
    for (const store of this.#open.get(process) ?? []) store.close();
    this.#open.delete(process);
  }

  killAll(): void {
    for (const process of [...this.#open.keys()]) this.kill(process);
  }

  /** Ids and texts of all rows, in their order. */
  rows(): [idHigh: number, idLow: number, text: string][] {
    if (!existsSync(this.path)) return [];
    const db = new (betterSqlite3())(this.path, { readonly: true });
    try {
      const select = 'SELECT id >> 32, id & 0xffffffff, text FROM agentLogEntries ORDER BY id';
      return db.prepare(select).raw().all() as [number, number, string][];
    } finally {
      db.close();
    }
  }

  /** The first column of what `sql` selects. */
  select(sql: string): unknown[] {
    const db = new (betterSqlite3())(this.path, { readonly: true });
    try {
      return db.prepare(sql).pluck().all();
    } finally {
      db.close();
    }
  }

  remove(): void {
    this.killAll();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function* salvaged(path: string): AsyncGenerator<Salvaged> {
  yield* salvage({ path });
}

export interface CompactionSetting {
  readonly disk: Disk;
  readonly process: string;
  readonly paths: StorePaths;
  readonly database: SimulatedDatabase;
  readonly roundBytes: number;
  readonly archiveBytes: number;
  readonly damages: string[];
}

/** Brings all that waits into the database, if nobody else does so at the moment. */
export async function compactAll(setting: CompactionSetting): Promise<boolean> {
  const { disk, process, paths, database, damages, ...bounds } = setting;
  const lock = new LeaderLock(disk, paths);
  if (!lock.take()) return false;
  const nothing = () => undefined;
  const healing = database.healingFor(disk, paths, bounds.roundBytes);
  const compactor = new Compactor({
    ...bounds,
    disk,
    paths,
    open: () => {
      healing.finish();
      return database.destinationFor(process);
    },
    healing,
    pause: 0,
    reports: {
      round: nothing,
      recovered: nothing,
      warning: nothing,
      healing: nothing,
      healed: (event) => database.heals.push(event),
      damaged: ({ reason }) => damages.push(reason),
    },
  });
  await compactor.drain('all');
  compactor.close();
  lock.release();
  return true;
}
