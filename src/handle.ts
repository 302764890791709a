import type { AgentLog, AgentLogStats, PruneOptions } from './api.js';
/** The rooms of the store, wired together. */

import { checkSignal } from './cancel-signal.js';
import type {
  BackupOptions,
  BackupResult,
  CompactOptions,
  CompactResult,
  RebuildOptions,
  RebuildProgress,
  VerifyOptions,
  VerifyProgress,
  VerifyResult,
} from './compactor/api.js';
import { BacklogWatch } from './compactor/backlog.js';
import type { CompactorReports } from './compactor/compactor.js';
import { Leadership, type LeadershipReports, type Timing } from './compactor/leadership.js';
import { runTask } from './compactor/long-task.js';
import { PROTOCOL } from './compactor/messages.js';
import type { Runner } from './compactor/runner.js';
import { findWorker } from './compactor/worker-link.js';
import { isDamage } from './db/damage.js';
import { RowReader } from './db/row-reader.js';
import type { SqlParameters } from './db/sql-query.js';
import { DroppedWrites } from './dropped-writes.js';
import type { Entry, JsonValue, StoredEntry } from './entry.js';
import { parseId } from './entry-id.js';
import { AgentLogError } from './errors.js';
import { type AgentLogEvents, type AgentLogListener, Events, type HealEvent } from './events.js';
import { drainAtExit } from './exit-drain.js';
import { HealReports } from './heal-reports.js';
import { Intake } from './intake.js';
import type { CheckedOptions } from './options.js';
import { printableName } from './printable.js';
import { checkSql, type SqlOptions } from './query/arguments.js';
import { QueryProcesses } from './query/query-processes.js';
import { QuerySearcher } from './query/query-searcher.js';
import { runSql } from './query/run-sql.js';
import type {
  CountFilter,
  EntriesQuery,
  EntryFollow,
  FollowOptions,
  ScanOptions,
  SearchOptions,
  TaskSummary,
} from './reading/api.js';
import { Changes } from './reading/changes.js';
import { countEntries, summarizeTasks } from './reading/counting.js';
import { formatCursor, parseCursor } from './reading/cursor.js';
import { entryOf, type Found, findEntry, readEntries, type Wanted } from './reading/entry-stream.js';
import { Follow } from './reading/follow.js';
import { Position } from './reading/position.js';
import { checkCountFilter, checkEntries, checkFollow, checkScan, checkSearch } from './reading/query.js';
import { deletesFor, lastSeen, type Retention } from './reading/retention.js';
import { Scan } from './reading/scan.js';
import { type Searcher, search } from './reading/search.js';
import { type Place, takeSnapshot } from './reading/snapshot.js';
import { Tail } from './reading/tail.js';
import type { Disk } from './segment/disk.js';
import { hasMark, type Mark, makeMark } from './segment/marks.js';
import type { PaceLimits } from './segment/pace.js';
import { findLeft, judge } from './segment/recovery.js';
import type { Source } from './segment/segment-reading.js';
import { SegmentWriter } from './segment/segment-writer.js';
import { Slot } from './segment/slot.js';
import { run, runBriskly, runSync } from './segment/steps.js';
import { databasePath, openStoreDirectory, type Store, type StorePaths } from './segment/store-directory.js';
import { VerdictReports } from './verdict-reports.js';

/** What tests set otherwise. */
export interface Tuning {
  readonly sealAfter: number;
  readonly littleBytes: number;
  readonly pace?: PaceLimits | undefined;
  readonly atExit: (drain: () => void) => () => void;
  /** Where the rows are; SQLite knows no disk but the real one. */
  readonly database?: string | undefined;
  /** Who does the compactor's work, and when. */
  readonly compaction?: Compaction | undefined;
  /** Who asks SQLite for searches. */
  readonly searcher?: Searcher | undefined;
  /** Milliseconds after which it is asked whether the writer of an unproven batch lives. */
  readonly patience?: number | undefined;
  /** Waiting entries of which it is kept in memory where they stand, at most. */
  readonly mostPlaces?: number | undefined;
  /** Milliseconds after which whoever follows looks again; for a directory that the kernel cannot watch. */
  readonly lookEvery?: number | undefined;
}

interface Compaction {
  readonly timing: Timing;
  readonly makeRunner: (paths: StorePaths, reports: CompactorReports) => Runner;
}

const USUAL_PATIENCE_MS = 100;
/** A handle that has had the database looked at does not ask for it again for so long. */
const TRUST_MS = 10_000;
export const USUAL: Tuning = { sealAfter: 30_000, littleBytes: 64 * 1024, atExit: drainAtExit };

/** As `openAgentLog`, on any disk. */
export async function openOn<Detail = JsonValue>(
  disk: Disk,
  directory: string,
  options: CheckedOptions,
  tuning: Tuning = USUAL,
): Promise<AgentLog<Detail>> {
  const events = new Events(options.on);
  const store = await runBriskly(disk, openStoreDirectory(directory, options));
  const reports = new VerdictReports(events);
  const { readOnly } = options;
  const patience = tuning.patience ?? USUAL_PATIENCE_MS;
  const { mostPlaces } = tuning;
  const tail = new Tail({ disk, paths: store.paths, reports, patience, mostPlaces });
  let left: readonly Source[] = [];
  try {
    const found = await findLeft(disk, store.paths, readOnly);
    left = found.sources;
    // How they are to be read is known before anybody reads.
    for (const source of left) tail.settle(source);
    for (const problem of found.problems) events.problem('', problem);
  } catch (error) {
    // What is there stays, and whoever opens or reads next tries again. Appending does not depend on it.
    events.problem('what earlier processes left behind could not be recovered', error);
  }
  if (options.fullText && !readOnly) {
    try {
      await runBriskly(disk, makeMark(store.paths, 'search.wanted'));
    } catch (error) {
      // This handle makes an index all the same, if it leads; appending does not depend on it.
      events.problem('that an index for searches is wanted could not be noted', error);
    }
  }
  const slot = readOnly ? undefined : await runBriskly(disk, Slot.take(disk, store.paths.locks, options.now));
  return new Handle(disk, store, options, events, reports, tail, slot, tuning, left);
}

/**
 * What dead writers have left is told of while the handle is in use: to read it takes longer than anybody should wait for the
 * first append.
 */
async function tellOfLeft(
  disk: Disk,
  left: readonly Source[],
  reports: VerdictReports,
  events: Events,
): Promise<void> {
  // What the host does as soon as it has the handle goes first.
  await new Promise(setImmediate);
  for (const source of left) {
    try {
      const verdict = await judge(disk, source);
      if (verdict !== undefined) reports.recovered(source.path, verdict);
    } catch (error) {
      events.problem('', error);
    }
  }
}

class Handle implements AgentLog<never> {
  readonly #store: Store;
  readonly #options: CheckedOptions;
  readonly #events: Events;
  readonly #place: Place;
  readonly #changes: Changes;
  readonly #follows = new Set<Follow>();
  readonly #queries: QueryProcesses;
  readonly #searcher: Searcher;
  readonly #backlog: BacklogWatch;
  readonly #leadership: Leadership | undefined;
  readonly #verdicts: VerdictReports;
  readonly #heals: HealReports;
  /** Those that want to know how far the database is made anew. */
  readonly #rebuilds = new Set<(progress: RebuildProgress) => void>();
  /** As long it is not suspected again. */
  #trustUntil = Number.NEGATIVE_INFINITY;
  readonly #intake: Intake;
  readonly #dropped: DroppedWrites;
  readonly #slot: Slot | undefined;
  readonly #writer: SegmentWriter | undefined;
  readonly #stopDraining: () => void;
  /** Of what dead writers have left. */
  readonly #telling: Promise<void>;
  #closing: Promise<void> | undefined;
  /** The process is ending: nothing that waits will be written any more. */
  #exiting = false;

  constructor(
    disk: Disk,
    store: Store,
    options: CheckedOptions,
    events: Events,
    reports: VerdictReports,
    tail: Tail,
    slot: Slot | undefined,
    tuning: Tuning,
    left: readonly Source[],
  ) {
    this.#store = store;
    this.#options = options;
    this.#events = events;
    this.#verdicts = reports;
    this.#heals = new HealReports(events);
    const database = tuning.database ?? databasePath(store.paths);
    this.#place = {
      disk,
      rows: new RowReader(database, {
        damaged: () => void this.#suspect(),
        healed: (event) => this.#heals.heard(event),
      }),
      tail,
      reports,
    };
    this.#telling = tellOfLeft(disk, left, reports, events);
    this.#changes = new Changes(
      tuning.lookEvery === undefined ? store.paths.segments : undefined,
      tuning.lookEvery,
    );
    this.#queries = new QueryProcesses({
      protocol: PROTOCOL,
      findProgram: () => findWorker(options.worker),
    });
    this.#searcher = tuning.searcher ?? new QuerySearcher(this.#queries, database);
    this.#backlog = new BacklogWatch(disk, store.paths);
    this.#intake = new Intake(options);
    this.#dropped = new DroppedWrites('write', (message, cause) => {
      events.emit('warning', { code: 'AGENTLOG_WRITE_DROPPED', message, cause });
    });
    this.#slot = slot;
    if (slot === undefined) {
      this.#stopDraining = () => undefined;
      return;
    }
    const writer = new SegmentWriter({
      disk,
      directory: store.paths.segments,
      slot,
      segmentBytes: options.segmentBytes,
      sealAfter: tuning.sealAfter,
      littleBytes: tuning.littleBytes,
      pace: tuning.pace,
      now: options.now,
      onSealed: (bytes) => this.#leadership?.sealed(bytes),
      // Not at once: a listener may append, and the writer is in the middle of something.
      onProblem: (error) => process.nextTick(() => events.problem('', error)),
    });
    this.#writer = writer;
    this.#stopDraining = tuning.atExit(() => {
      this.#exiting = true;
      writer.flushSync();
    });
    if (tuning.compaction === undefined) return;
    const { timing, makeRunner } = tuning.compaction;
    this.#leadership = new Leadership({
      disk,
      paths: store.paths,
      makeRunner: (runnerReports) => makeRunner(store.paths, runnerReports),
      reports: this.#reports(events, reports),
      timing,
      onGlance: () => this.#place.rows.look(),
    });
    this.#leadership.start();
  }

  append(entry: Entry<unknown>): Promise<string> {
    try {
      const writer = this.#openWriter();
      this.#checkLoad(writer);
      return writer.append(this.#intake.take(entry));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async appendBatch(entries: readonly Entry<unknown>[]): Promise<string[]> {
    const writer = this.#openWriter();
    if (!Array.isArray(entries)) throw new TypeError('appendBatch takes an array of entries');
    this.#checkLoad(writer);
    const checked = entries.map((entry, i) => this.#intake.take(entry, i));
    if (checked.length === 0) return [];
    return await writer.appendGroup(checked);
  }

  appendSync(entry: Entry<unknown>): string {
    return this.#openWriter().appendSync(this.#intake.take(entry));
  }

  write(entry: Entry<unknown>): void {
    const drop = (error: unknown) => this.#dropped.note(error);
    try {
      const writer = this.#openWriter();
      this.#checkLoad(writer);
      const taken = this.#intake.take(entry);
      // A listener of "exit" that comes after ours.
      if (this.#exiting) writer.appendSync(taken);
      else writer.write(taken).catch(drop);
    } catch (error) {
      drop(error);
    }
  }

  async flush(): Promise<void> {
    await this.#writer?.flush();
  }

  flushSync(): void {
    this.#writer?.flushSync();
  }

  async entries(query?: EntriesQuery): Promise<never[]> {
    this.#checkOpen();
    const { isReversed, ...wanted } = checkEntries(query);
    const snapshot = await takeSnapshot(this.#place, (_, now) => now);
    const entries: StoredEntry[] = [];
    for await (const found of readEntries(this.#place, snapshot, wanted))
      for (const one of found) entries.push(entryOf(one));
    return (isReversed ? entries.reverse() : entries) as never[];
  }

  scan(options?: ScanOptions): AsyncIterableIterator<never> {
    this.#checkOpen();
    const { signal, ...wanted } = checkScan(options);
    const check = () => signal?.throwIfAborted();
    return new Scan(this.#pieces({ ...wanted, check }), check) as AsyncIterableIterator<unknown> as never;
  }

  async *#pieces(wanted: Wanted & { readonly check: () => void }): AsyncGenerator<Found[], void, void> {
    wanted.check();
    const snapshot = await takeSnapshot(this.#place, (_, now) => now);
    yield* readEntries(this.#place, snapshot, wanted);
    wanted.check();
  }

  follow(options?: FollowOptions): EntryFollow<never> {
    this.#checkOpen();
    const { filter, cursor, signal } = checkFollow(options);
    const { storeId } = this.#store.manifest;
    const position = cursor === undefined ? new Position() : parseCursor(cursor, storeId);
    if (position === undefined)
      throw new TypeError('The cursor of follow is not one that this store has given');
    const follow = new Follow({
      place: this.#place,
      changes: this.#changes,
      filter,
      position,
      storeId,
      signal,
      onEnd: (ended) => this.#follows.delete(ended),
    });
    this.#follows.add(follow);
    return follow as EntryFollow<unknown> as EntryFollow<never>;
  }

  async cursor(): Promise<string> {
    this.#checkOpen();
    return formatCursor(await lastSeen(this.#place), this.#store.manifest.storeId);
  }

  async get(id: string): Promise<never | undefined> {
    this.#checkOpen();
    if (typeof id !== 'string') throw new TypeError('get takes the id of an entry, a string');
    const halves = parseId(id);
    return halves === undefined ? undefined : ((await findEntry(this.#place, halves)) as never);
  }

  async count(filter?: CountFilter): Promise<number> {
    this.#checkOpen();
    return countEntries(this.#place, checkCountFilter(filter));
  }

  async tasks(): Promise<TaskSummary[]> {
    this.#checkOpen();
    return summarizeTasks(this.#place);
  }

  async sql<Row>(query: string, given: SqlParameters = [], options: SqlOptions = {}): Promise<Row[]> {
    this.#checkOpen();
    const { signal, ...checked } = checkSql(query, given, options);
    const path = databasePath(this.#store.paths);
    const running = runSql(this.#queries, { path, query, ...checked }, signal);
    return (await this.#heeding(running)) as Row[];
  }

  async search(text: string, options?: SearchOptions): Promise<never[]> {
    this.#checkOpen();
    const wanted = checkSearch(text, options);
    const isIndexWanted = this.#options.fullText || this.#hasMark('search.wanted');
    const find = () => this.#heeding(search(this.#place, this.#searcher, wanted, isIndexWanted));
    try {
      return (await find()) as never[];
    } catch (error) {
      const isIndexMissing = error instanceof AgentLogError && error.code === 'AGENTLOG_NO_FULL_TEXT';
      if (!isIndexMissing || !isIndexWanted || this.#leadership === undefined) throw error;
    }
    // A store that was made without an index gets one with the next round.
    await this.#leadership.compact({ signal: wanted.signal });
    return (await find()) as never[];
  }

  async compact(options: CompactOptions = {}): Promise<CompactResult> {
    const writer = this.#openWriter();
    checkLongCall('compact', options);
    if (this.#leadership === undefined) throw neverLeads();
    options.signal?.throwIfAborted();
    await writer.seal();
    return this.#leadership.compact(options);
  }

  async rebuild(options: RebuildOptions = {}): Promise<HealEvent> {
    const writer = this.#openWriter();
    checkLongCall('rebuild', options);
    if (this.#leadership === undefined) throw neverLeads();
    const { signal, onProgress } = options;
    signal?.throwIfAborted();
    await run(this.#place.disk, makeMark(this.#store.paths, 'database.rebuild'));
    await writer.seal();
    const threw: unknown[] = [];
    const hear = (progress: RebuildProgress) => {
      try {
        onProgress?.(progress);
      } catch (error) {
        threw.push(error);
      }
    };
    this.#rebuilds.add(hear);
    try {
      await this.#leadership.compact({ signal });
    } finally {
      this.#rebuilds.delete(hear);
    }
    if (threw.length > 0) throw threw[0];
    const event = await this.#place.rows.ask((rows) => rows?.healing());
    if (event !== undefined) return event;
    throw new AgentLogError(
      'AGENTLOG_IO',
      'the database that was made anew has been replaced by another one',
    );
  }

  async deleteTask(taskId: string): Promise<void> {
    this.#openWriter();
    if (typeof taskId !== 'string') throw new TypeError('deleteTask takes the id of a task, a string');
    const own = this.#slot!.last;
    const seen = await lastSeen(this.#place);
    // Also what this handle was given before and has not acknowledged yet.
    seen.reach(own);
    // Lone surrogates of an entry's taskId became U+FFFD.
    const request = { taskId: taskId.toWellFormed(), upTo: seen.ids(), before: null };
    // The handle may have been closed meanwhile.
    await this.#openWriter().appendDeletes([request]);
  }

  async prune(which: PruneOptions): Promise<void> {
    this.#openWriter();
    const deletes = await deletesFor(this.#place, checkPrune(which));
    if (deletes.length === 0) return;
    const writer = this.#openWriter();
    await writer.appendDeletes(deletes);
    await this.#hasten(writer);
  }

  /** Until a prune is carried out, all that it names is counted through by whoever counts. */
  async #hasten(writer: SegmentWriter): Promise<void> {
    if (this.#leadership === undefined) return;
    try {
      await writer.seal();
      await this.#leadership.ask();
    } catch (error) {
      // It is on disk, and its time comes without.
      this.#events.problem('a prune will be carried out later than usual', error);
    }
  }

  async backup(directory: string, options: BackupOptions = {}): Promise<BackupResult> {
    this.#checkOpen();
    if (typeof directory !== 'string' || directory === '')
      throw new TypeError('backup takes the path of a directory, a string that is not empty');
    checkLongCall('backup', options);
    const worker = findWorker(this.#options.worker);
    const { paths } = this.#store;
    return runTask(
      'backup',
      worker,
      { task: 'backup', protocol: PROTOCOL, paths, target: directory },
      options,
    );
  }

  async verify(options: VerifyOptions = {}): Promise<VerifyResult> {
    this.#checkOpen();
    checkLongCall('verify', options);
    const worker = findWorker(this.#options.worker);
    const { paths } = this.#store;
    const result = await runTask<VerifyProgress, VerifyResult>(
      'verification',
      worker,
      { task: 'verify', protocol: PROTOCOL, paths },
      options,
    );
    if (result.problems.some(({ kind }) => kind === 'database')) await this.#suspect();
    return result;
  }

  async stats(): Promise<AgentLogStats> {
    const { segments, bytes } = await this.#backlog.look();
    return {
      slot: this.#slot?.number ?? null,
      acknowledged: this.#writer?.acknowledged ?? 0,
      pendingBytes: this.#writer?.pendingBytes ?? 0,
      dropped: this.#dropped.total,
      backlog: { segments, bytes },
      leading: this.#leadership?.isLeading ?? false,
      ...this.#verdicts.sums,
      healed: this.#heals.count,
    };
  }

  on<Name extends keyof AgentLogEvents>(name: Name, listener: AgentLogListener<Name>): this {
    this.#events.add(name, listener);
    return this;
  }

  off<Name extends keyof AgentLogEvents>(name: Name, listener: AgentLogListener<Name>): this {
    this.#events.remove(name, listener);
    return this;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    for (const follow of this.#follows) follow.end();
    const queriesEnd = this.#queries.close(this.#closedError());
    await this.#writer?.close();
    // One that went on would keep the database's log from being emptied.
    await queriesEnd;
    await this.#leadership?.close();
    await this.#telling;
    await this.#place.tail.close();
    // After the worker: of several connections the one that closes last must be one that cannot write.
    this.#place.rows.close();
    this.#stopDraining();
    this.#dropped.close();
  }

  /** What a process for queries says of the database is heard here. */
  async #heeding<Answer>(answer: Promise<Answer>): Promise<Answer> {
    try {
      return await answer;
    } catch (error) {
      if (isDamage((error as { cause?: unknown } | null)?.cause)) void this.#suspect();
      throw error;
    }
  }

  #hasMark(mark: Mark): boolean {
    return runSync(this.#place.disk, hasMark(this.#store.paths, mark));
  }

  /** What the compactor tells becomes events. */
  #reports(events: Events, verdicts: VerdictReports): LeadershipReports {
    return {
      round: (round) => events.emit('compact', round),
      recovered: (path, verdict) => verdicts.recovered(path, verdict),
      damaged: (damage) => verdicts.damaged(damage),
      healing: (progress) => {
        for (const hear of this.#rebuilds) hear(progress);
      },
      healed: (event) => this.#heals.heard(event),
      warning: (code, message, cause) => events.emit('warning', { code, message, cause }),
    };
  }

  /** Whoever leads is to look at the database, and to make it anew if it is damaged. */
  async #suspect(): Promise<void> {
    const now = performance.now();
    if (this.#slot === undefined || now < this.#trustUntil) return;
    this.#trustUntil = now + TRUST_MS;
    try {
      await run(this.#place.disk, makeMark(this.#store.paths, 'database.suspect'));
      await this.#leadership?.ask();
    } catch (error) {
      this.#events.problem('the database may be damaged, and could not be looked at', error);
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw this.#closedError();
  }

  #closedError(): AgentLogError {
    return new AgentLogError(
      'AGENTLOG_CLOSED',
      `the store ${this.#store.paths.root} was closed by this handle`,
    );
  }

  #openWriter(): SegmentWriter {
    this.#checkOpen();
    if (this.#writer !== undefined) return this.#writer;
    throw new AgentLogError(
      'AGENTLOG_READ_ONLY',
      `the store ${this.#store.paths.root} was opened with readOnly`,
    );
  }

  #checkLoad(writer: SegmentWriter): void {
    const { maxPendingBytes } = this.#options;
    if (writer.pendingBytes < maxPendingBytes) return;
    throw new AgentLogError(
      'AGENTLOG_OVERLOADED',
      `more than ${maxPendingBytes} bytes (maxPendingBytes) wait for the disk; nothing of this append was written`,
    );
  }
}

function neverLeads(): AgentLogError {
  return new AgentLogError('AGENTLOG_READ_ONLY', 'this handle was opened with compact: false');
}

function checkLongCall(name: string, options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`The options of ${name} must be an object: { signal, onProgress }`);
  const { signal, onProgress, ...others } = options as Record<string, unknown>;
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new TypeError(`${name} has no option ${printableName(other)}; there are: signal, onProgress`);
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw new TypeError(`The option onProgress of ${name} must be a function`);
  checkSignal(name, signal);
}

function checkPrune(which: unknown): Retention {
  const { before, keepPerTask, taskIds, ...others } = { ...(which as PruneOptions | undefined) };
  const [other] = Object.keys(others);
  if (other !== undefined)
    throw new TypeError(
      `prune has no option ${printableName(other)}; there are: before, keepPerTask, taskIds`,
    );
  if (before === undefined && keepPerTask === undefined)
    throw new TypeError('prune needs before, keepPerTask or both, or it would delete everything or nothing');
  if (before !== undefined && !Number.isSafeInteger(before))
    throw new TypeError('The option before of prune must be whole epoch milliseconds');
  if (keepPerTask !== undefined && !(Number.isSafeInteger(keepPerTask) && keepPerTask >= 0))
    throw new TypeError('The option keepPerTask of prune must be a whole number from 0 on');
  const areTasks = Array.isArray(taskIds) && taskIds.every((taskId) => typeof taskId === 'string');
  if (taskIds !== undefined && !areTasks)
    throw new TypeError('The option taskIds of prune must be an array of ids of tasks');
  // As appending does it.
  return { before, keepPerTask, taskIds: taskIds?.map((taskId) => taskId.toWellFormed()) };
}
