/**
 * When the compactor works, and in which of the handles of a store: in the one that holds the lock, for as long as its
 * worker runs. The worker is started when there is something to do and ended when there was nothing for a while, so
 * any handle may lead next, and when a leader dies another one takes its place at its next look.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CancelSignal } from '../cancel-signal.js';
import { AgentLogError, describe } from '../errors.js';
import type { Disk } from '../segment/disk.js';
import { listSegments } from '../segment/segment-list.js';
import { segmentIdOf } from '../segment/segment-name.js';
import { run } from '../segment/steps.js';
import type { StorePaths } from '../segment/store-directory.js';
import type { CompactProgress, CompactResult } from './api.js';
import { type Backlog, BacklogWatch } from './backlog.js';
import type { CompactorReports, Goal, Round } from './compactor.js';
import { asAgentLogError } from './failure.js';
import { LeaderLock } from './leader-lock.js';
import { RoundRequest } from './request.js';
import type { Runner } from './runner.js';

export interface LeadershipOptions {
  readonly disk: Disk;
  readonly paths: StorePaths;
  readonly makeRunner: (reports: CompactorReports) => Runner;
  readonly reports: LeadershipReports;
  readonly timing?: Timing;
  /** Now and then, while another handle leads. */
  readonly onGlance?: () => Promise<void>;
}

export interface LeadershipReports extends Omit<CompactorReports, 'warning'> {
  warning(code: LeadershipWarning, message: string, cause?: unknown): void;
}

export type LeadershipWarning =
  | Parameters<CompactorReports['warning']>[0]
  | 'AGENTLOG_COMPACTION'
  | 'AGENTLOG_BACKLOG';

/** Milliseconds, and bytes. */
export interface Timing {
  /** Between two looks of a handle that does not lead, and of one whose worker runs. */
  readonly look: number;
  readonly lookWhileLeading: number;
  /** A round starts when so much waits, */
  readonly roundBytes: number;
  /** or something has waited for so long. */
  readonly age: number;
  /** A worker that had nothing to do for so long is ended. */
  readonly idle: number;
  /** More than this waiting is told of. */
  readonly backlogBytes: number;
}

const MIB = 1024 * 1024;

export const USUAL_TIMING: Timing = {
  look: 1000,
  lookWhileLeading: 250,
  roundBytes: 64 * MIB,
  age: 60_000,
  idle: 30_000,
  backlogBytes: 1024 * MIB,
};

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
/** Longer than a worker idles, so that one is not kept for what cannot be read. */
const LEFT_OUT_RETRY_MS = 60_000;
/** How often a handle that does not lead looks for what it is there to warn of. */
const GLANCE_MS = 10_000;
/** Between two looks at whether another handle has done what it was asked for, and between two askings. */
const POLL_MS = 50;
const ASK_AGAIN_MS = 1000;

export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #timing: Timing;
  readonly #lock: LeaderLock;
  readonly #watch: BacklogWatch;
  readonly #request: RoundRequest;
  #runner: Runner | undefined;
  /** What is done comes one after the other: looks, rounds that are asked for, the end. */
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** Bytes of the segments that this handle has sealed since its last look. */
  #sealedBytes = 0;
  #closing = false;
  #lastWork = 0;
  #lastGlance = 0;
  #notBefore = 0;
  #retry = FIRST_RETRY_MS;
  /** What was there when the store was opened has waited long enough. */
  #isFirstLook = true;
  /** Looks in a row at which another handle led; one may be by chance, as looking takes the lock for a moment. */
  #lostLooks = 0;
  readonly #told = new Set<string>();
  readonly #toldInDrain = new Set<string>();
  #ending: Promise<void> | undefined;
  readonly #progress = new Set<(round: Round) => void>();
  #backlog: Backlog = { segments: 0, bytes: 0, age: 0 };

  constructor(options: LeadershipOptions) {
    const { disk, paths, timing = USUAL_TIMING } = options;
    this.#options = options;
    this.#timing = timing;
    this.#lock = new LeaderLock(disk, paths);
    this.#watch = new BacklogWatch(disk, paths);
    this.#request = new RoundRequest(disk, paths);
  }

  get isLeading(): boolean {
    return this.#runner !== undefined;
  }

  start(): void {
    this.#scheduleLook();
  }

  /** This handle has sealed a segment: when they are enough for a round, it need not wait for the next look. */
  sealed(bytes: number): void {
    this.#sealedBytes += bytes;
    if (this.#sealedBytes < this.#timing.roundBytes || this.#timer === undefined || this.#closing) return;
    clearTimeout(this.#timer);
    this.#scheduleLook(0);
  }

  /** Whoever leads is to bring what waits into the database soon; nobody waits for it. */
  async ask(): Promise<void> {
    await this.#request.make();
  }

  /** All that waits now is in the database when it resolves, whoever leads. */
  async compact(options: {
    readonly signal?: CancelSignal | undefined;
    readonly onProgress?: ((progress: CompactProgress) => void) | undefined;
  }): Promise<CompactResult> {
    const { signal, onProgress } = options;
    signal?.throwIfAborted();
    let [segments, bytes, entries] = [0, 0, 0];
    const threw: unknown[] = [];
    const tell = (progress: CompactProgress) => {
      try {
        onProgress?.(progress);
      } catch (error) {
        threw.push(error);
      }
    };
    const hear = (round: Round) => {
      segments += round.segments;
      bytes += round.bytes;
      entries += round.entries;
      tell({ segments, left: round.left });
    };
    this.#progress.add(hear);
    const keptAlive = keepProcessAlive();
    try {
      const led = await untilAborted(this.#compactInTurn(), signal);
      const result = led ? { segments, bytes, entries } : await this.#waitForLeader(signal, tell);
      if (threw.length > 0) throw threw[0];
      return result;
    } finally {
      clearInterval(keptAlive);
      this.#progress.delete(hear);
    }
  }

  /** Brings what waits into the database, but no more than a round of it, and ends the worker. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#timer);
    // A drain that is under way ends after its round, and does not keep this waiting for its turn.
    const keptAlive = keepProcessAlive();
    try {
      if (this.#runner !== undefined) await this.#end(true);
      else await this.#inTurn(() => this.#lastRound());
      await this.#turn;
    } finally {
      clearInterval(keptAlive);
    }
  }

  #scheduleLook(
    after = this.#runner === undefined ? this.#timing.look : this.#timing.lookWhileLeading,
  ): void {
    if (this.#closing) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sealedBytes = 0;
      this.#inTurn(() => this.#look()).finally(() => this.#scheduleLook());
    }, after);
    this.#timer.unref();
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const doing = this.#turn.then(work);
    this.#turn = doing.catch(() => undefined);
    return doing;
  }

  async #look(): Promise<void> {
    if (this.#closing) return;
    const now = performance.now();
    try {
      if (await this.#takeLock()) await this.#lead(now);
      else {
        this.#lostLooks++;
        if (now - this.#lastGlance > GLANCE_MS) {
          await this.#glance(now);
          await this.#options.onGlance?.();
        }
      }
    } catch (error) {
      this.#failed(error);
    } finally {
      if (this.#runner === undefined) this.#lock.release();
    }
  }

  async #lead(now: number): Promise<void> {
    // Another handle led, and may have died in the middle of its work.
    const tookOver = this.#isFirstLook || this.#lostLooks > 1;
    this.#isFirstLook = false;
    this.#lostLooks = 0;
    await this.#glance(now, tookOver);
    const { roundBytes, age, idle } = this.#timing;
    const isAsked = await this.#request.isNew();
    const isOld = this.#backlog.age >= age || (tookOver && this.#backlog.segments > 0);
    if (isAsked) await this.#answer();
    else if (isOld && now >= this.#notBefore) await this.#drain('all');
    else if (this.#backlog.bytes >= roundBytes && now >= this.#notBefore) await this.#drain('little');
    else if (this.#runner !== undefined && now - this.#lastWork > idle) await this.#end(false);
  }

  async #answer(): Promise<void> {
    let isDone = false;
    try {
      await this.#drain('all');
      isDone = true;
    } finally {
      await this.#request.answer(isDone);
    }
  }

  async #glance(now: number, anew = false): Promise<void> {
    this.#lastGlance = now;
    this.#backlog = await this.#watch.look(anew);
    const { segments, bytes } = this.#backlog;
    if (bytes < this.#timing.backlogBytes) this.#told.delete('AGENTLOG_BACKLOG');
    else {
      const message = `${segments} segments, ${Math.round(bytes / MIB)} MiB, wait to become rows of the database; nothing is lost, but reading takes longer`;
      this.#tell('AGENTLOG_BACKLOG', 'AGENTLOG_BACKLOG', message);
    }
  }

  async #takeLock(): Promise<boolean> {
    if (!this.#lock.take()) return false;
    if (this.#lock.isGood) return true;
    // Its worker would go on with the files of a store that was removed.
    await this.#end(false);
    return false;
  }

  #compactInTurn(): Promise<boolean> {
    return this.#inTurn(() => this.#compactIfLeading());
  }

  async #compactIfLeading(): Promise<boolean> {
    this.#checkOpen();
    try {
      if (!(await this.#takeLock())) return false;
      await this.#glance(performance.now(), true);
      await this.#drain('all');
    } catch (error) {
      this.#failed(error);
      throw asAgentLogError('compaction failed', error);
    } finally {
      if (this.#runner === undefined) this.#lock.release();
    }
    // It may have been cut short.
    this.#checkOpen();
    return true;
  }

  #checkOpen(): void {
    if (this.#closing) throw new AgentLogError('AGENTLOG_CLOSED', 'the store was closed by this handle');
  }

  async #drain(goal: Goal): Promise<void> {
    if (this.#closing) return;
    this.#toldInDrain.clear();
    let left: number;
    try {
      left = await this.#runningRunner().drain(goal);
    } catch (error) {
      // What a thread could not load is missing for as long as the thread runs, also when it is there again.
      if ((error as { code?: unknown }).code === 'AGENTLOG_NATIVE_MISSING') await this.#end(false);
      throw error;
    } finally {
      this.#lastWork = performance.now();
    }
    this.#retry = FIRST_RETRY_MS;
    // What was left out is tried again some time, and is no reason to try all the time.
    if (left > 0) this.#notBefore = this.#lastWork + LEFT_OUT_RETRY_MS;
    // What was not wrong this time is news when it comes back.
    for (const key of this.#told)
      if (key !== 'AGENTLOG_BACKLOG' && !this.#toldInDrain.has(key)) this.#told.delete(key);
  }

  #runningRunner(): Runner {
    if (this.#runner !== undefined) return this.#runner;
    const { reports } = this.#options;
    const runner = this.#options.makeRunner({
      ...reports,
      round: (round) => {
        reports.round(round);
        for (const hear of this.#progress) hear(round);
      },
      warning: (code, message, cause) => this.#tell(`${code} ${message}`, code, message, cause),
    });
    this.#runner = runner;
    runner.gone.then(() => {
      if (this.#runner !== runner) return;
      this.#runner = undefined;
      this.#lock.release();
    });
    return runner;
  }

  /** Of a handle that has no worker, or had one that came to its end. */
  async #lastRound(): Promise<void> {
    try {
      if (!(await this.#takeLock())) return;
      if ((await this.#watch.look()).segments === 0) return;
      this.#runningRunner();
      await this.#end(true);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#lock.release();
    }
  }

  /** Asked again while it is under way, it comes to the same end. */
  async #end(lastRound: boolean): Promise<void> {
    this.#ending ??= this.#endRunner(lastRound).finally(() => {
      this.#ending = undefined;
    });
    await this.#ending;
  }

  async #endRunner(lastRound: boolean): Promise<void> {
    const runner = this.#runner;
    if (runner === undefined) return;
    try {
      await runner.end(lastRound);
    } catch (error) {
      this.#failed(error);
    }
    await runner.gone;
    this.#runner = undefined;
    this.#lock.release();
  }

  /** Another handle leads: it is asked for a round, until it answers or comes to its end. */
  async #waitForLeader(
    signal: CancelSignal | undefined,
    tell: (progress: CompactProgress) => void,
  ): Promise<CompactResult> {
    const { disk, paths } = this.#options;
    const { bytes } = await this.#watch.look();
    const list = async () => (await run(disk, listSegments(paths.segments))).map(({ name }) => name);
    const waited = new Set((await list()).filter(({ state }) => state === 'sealed').map(segmentIdOf));
    const result = { segments: waited.size, bytes, entries: null };
    let gone = 0;
    let made = '';
    for (let waitedFor = 0; ; waitedFor += POLL_MS) {
      if (waitedFor % ASK_AGAIN_MS === 0) made = await this.#request.make();
      await untilAborted(delay(POLL_MS), signal);
      const left = (await list()).filter((name) => waited.has(segmentIdOf(name))).length;
      if (waited.size - left > gone) tell({ segments: waited.size - left, left });
      gone = waited.size - left;
      const outcome = await this.#request.outcome(made);
      if (outcome === 'done') return { ...result, segments: gone };
      if (outcome === 'failed')
        throw new AgentLogError(
          'AGENTLOG_IO',
          'compaction failed in the handle that leads, which was told why',
        );
      // The leader may have ended meanwhile.
      if (await untilAborted(this.#compactInTurn(), signal)) return result;
    }
  }

  #failed(error: unknown): void {
    this.#notBefore = performance.now() + this.#retry;
    this.#retry = Math.min(2 * this.#retry, LAST_RETRY_MS);
    const message = `entries could not be brought into the database, and stay in segments until they can: ${error instanceof Error ? error.message : describe(error)}`;
    this.#tell(message, 'AGENTLOG_COMPACTION', message, error);
  }

  /** Once for each cause, until it is gone. */
  #tell(key: string, code: LeadershipWarning, message: string, cause?: unknown): void {
    this.#toldInDrain.add(key);
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#options.reports.warning(code, message, cause);
  }
}

/** The worker does not, so that a store that is forgotten lets its process end; until what it returns is cleared. */
function keepProcessAlive(): NodeJS.Timeout {
  return setInterval(() => undefined, 2 ** 30);
}

/** Aborting ends the waiting, not the work. */
async function untilAborted<Result>(
  work: Promise<Result>,
  signal: CancelSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return work;
  // Whoever stopped waiting is not told how it ended.
  work.catch(() => undefined);
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}
