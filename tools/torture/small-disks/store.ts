/** A store on the small disk, with two handles, and what they were told. */
import { type AgentLog, type AgentLogError, type HealEvent, openAgentLog } from '../../../src/index.js';
import { type Call, entriesOf } from '../processes/entries.js';
import { Ledger } from '../processes/ledger.js';
import { tellCall } from '../processes/program.js';

const SEGMENT_BYTES = 65_536;
const HANDLES = ['first', 'second'] as const;

export class SmallStore {
  readonly path: string;
  readonly ledger = new Ledger();
  readonly troubles: string[] = [];
  /** Calls that failed, which they may as long as the disk is full. */
  rejected = 0;
  /** How often the database was made anew. */
  heals = 0;
  #handles: AgentLog[] = [];
  readonly #given = new Map<string, number>();

  constructor(path: string) {
    this.path = path;
  }

  /** The one that compacts. */
  get leader(): AgentLog {
    return this.#handles[0]!;
  }

  async open(): Promise<void> {
    const on = {
      damage: (damage: unknown) => this.troubles.push(`damage: ${JSON.stringify(damage)}`),
      heal: ({ missing }: HealEvent) => {
        this.heals++;
        if (missing !== null && missing > 0) this.troubles.push(`${missing} entries are said to be missing`);
      },
      warning: () => undefined,
    };
    for (const name of HANDLES)
      this.#handles.push(
        await openAgentLog(this.path, { segmentBytes: SEGMENT_BYTES, compact: name === 'first', on }),
      );
  }

  /** Every handle appends in every way. Whether all was acknowledged. */
  async append(): Promise<boolean> {
    let isAll = true;
    for (const [n, log] of this.#handles.entries()) {
      const name = HANDLES[n]!;
      const one = this.#take(`${name}/log`, 1);
      if (!(await this.#told(one, async () => [await log.append(entriesOf(one)[0]!)]))) isAll = false;
      const several = this.#take(`${name}/large`, 3);
      if (!(await this.#told(several, () => log.appendBatch(entriesOf(several))))) isAll = false;
      const sync = this.#take(`${name}/log`, 1);
      if (!(await this.#told(sync, () => [log.appendSync(entriesOf(sync)[0]!)]))) isAll = false;
    }
    return isAll;
  }

  /** Whether it worked; it may fail because the disk is full, and for no other reason. */
  async attempt(what: string, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!saysFull(error as AgentLogError)) throw new Error(`${what} failed: ${error}`, { cause: error });
      this.rejected++;
      return false;
    }
  }

  async close(): Promise<void> {
    for (const log of this.#handles.splice(0)) await log.close();
  }

  #take(task: string, count: number): Call {
    const first = this.#given.get(task) ?? 0;
    this.#given.set(task, first + count);
    return { task, first, count };
  }

  async #told(call: Call, make: () => readonly string[] | Promise<readonly string[]>): Promise<boolean> {
    const isDone = await tellCall((told) => this.ledger.hear(told), call, make);
    if (!isDone) this.rejected++;
    return isDone;
  }
}

/** Of its log's index SQLite says only that it could not be made longer. */
function saysFull({ code, cause }: AgentLogError): boolean {
  const reason = (cause as { code?: unknown } | undefined)?.code;
  return code === 'AGENTLOG_DISK_FULL' || (code === 'AGENTLOG_IO' && reason === 'SQLITE_IOERR_SHMSIZE');
}
