/** A store on a simulated disk with a database beside it, some processes that append, and compaction when a test wants it. */
import { onTestFinished } from 'vitest';
import type { AgentLog } from '../../src/api.js';
import { formatId } from '../../src/entry-id.js';
import { openOn, type Tuning } from '../../src/handle.js';
import { checkOptions } from '../../src/options.js';
import type { Searcher } from '../../src/reading/search.js';
import { pathsOf } from '../../src/segment/store-directory.js';
import { Random } from '../support/random.js';
import { compactAll, SimulatedDatabase } from '../support/simulated-compaction.js';
import { SimulatedDisk } from '../support/simulated-disk.js';

const STORE = '/store';

export class Scene {
  readonly random: Random;
  readonly disk: SimulatedDisk;
  readonly database = new SimulatedDatabase();
  readonly paths = pathsOf(STORE);
  readonly damages: string[] = [];
  /** The entries that were acknowledged, by id. */
  readonly acknowledged = new Map<string, string>();
  /** Who searches for the handles; the processes for it are of a store that is on a real disk. */
  searcher: Searcher | undefined;
  #time = Date.UTC(2026, 5, 1);
  #given = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.disk = new SimulatedDisk(this.random);
    onTestFinished(() => this.database.remove());
  }

  /** `others` stands in for what the tuning is otherwise. */
  open(process: string, segmentBytes = 1000, others: Partial<Tuning> = {}): Promise<AgentLog> {
    const on = {
      warning: () => undefined,
      damage: ({ reason }: { reason: string }) => this.damages.push(reason),
    };
    const options = checkOptions({
      allowForeignOwner: true,
      fullText: this.database.fullText,
      now: () => this.#time++,
      on,
    });
    const tuning = {
      sealAfter: Number.POSITIVE_INFINITY,
      littleBytes: 0,
      pace: { smallest: 64, first: 256, largest: 1024 },
      atExit: () => () => undefined,
      database: this.database.path,
      searcher: this.searcher,
      patience: 0,
      lookEvery: 1,
      ...others,
    };
    return openOn(this.disk.processNamed(process), STORE, { ...options, segmentBytes }, tuning);
  }

  async append(log: AgentLog, taskId = 't', length = this.random.below(200)): Promise<string> {
    const text = `entry ${this.#given++} ${'.'.repeat(length)}`;
    const id = await log.append({ taskId, type: 'text', text });
    this.acknowledged.set(id, text);
    return id;
  }

  compact(process: string, archiveBytes = 0, roundBytes = 2000): Promise<boolean> {
    const disk = this.disk.processNamed(process);
    const { paths, database, damages } = this;
    return compactAll({ disk, process, paths, database, damages, archiveBytes, roundBytes });
  }

  pass(milliseconds: number): void {
    this.#time += milliseconds;
  }

  kill(process: string): void {
    this.disk.kill(process);
    this.database.kill(process);
  }

  cutPower(): void {
    this.disk.cutPower();
    this.database.killAll();
  }

  /** Ids and texts of the rows. */
  get rows(): [id: string, text: string][] {
    return this.database.rows().map(([high, low, text]) => [formatId(high, low), text]);
  }

  /** What was acknowledged, in the order of the ids. */
  get expected(): [id: string, text: string][] {
    return [...this.acknowledged].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  filesIn(directory: 'segments' | 'archive' | 'quarantine'): string[] {
    return this.disk.processNamed('looker').callSync('readdir', this.paths[directory]).sort();
  }
}

export async function allOf(log: AgentLog): Promise<[id: string, text: string][]> {
  const found: [string, string][] = [];
  for await (const { id, text } of log.scan()) found.push([id, text]);
  return found;
}
