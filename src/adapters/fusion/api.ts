/** The store as Fusion's task store offers it to the rest of that program. Types only, which need no others than these. */
import type { AgentLogEvents, AgentLogListener } from '../../events.js';
import type { AgentLogOptions } from '../../options.js';

export type AgentLogType = 'text' | 'status' | 'tool' | 'thinking' | 'tool_result' | 'tool_error';
export type AgentRole = 'triage' | 'executor' | 'reviewer' | 'merger';

/** What a host knows of an entry beside its texts. Fields of other names are kept as well, if they are JSON values. */
export interface AgentLogTiming {
  durationMs?: number | undefined;
  timeToFirstTokenMs?: number | undefined;
  agentId?: string | undefined;
  agentName?: string | undefined;
}

/** What is given for an entry; the store stamps the time. */
export interface AgentLogInput extends AgentLogTiming {
  taskId: string;
  text: string;
  type: AgentLogType;
  detail?: string | null | undefined;
  agent?: AgentRole | null | undefined;
}

export interface AgentLogEntry extends AgentLogTiming {
  /** As `Date.prototype.toISOString` has it. */
  timestamp: string;
  taskId: string;
  text: string;
  type: AgentLogType;
  detail?: string;
  agent?: AgentRole;
}

export interface AgentLogPage {
  /** So many at most, the newest; all when left out. */
  limit?: number | undefined;
  /** So many of the newest are passed over. */
  offset?: number | undefined;
  type?: AgentLogType | undefined;
}

export interface PrunedAgentLogs {
  /** Tasks of which something was pruned; a file each, where tasks have files. */
  prunedFiles: number;
  prunedEntries: number;
  /** UTF-8 bytes of their texts. The disk has them back later. */
  freedBytes: number;
}

export interface AgentLogStoreOptions extends AgentLogOptions {
  /** The detail of a tool's entry is cut at 4,096 characters, and says so. */
  capToolDetail?: boolean | undefined;
}

export interface AgentLogStoreEvents extends AgentLogEvents {
  'agent:log': AgentLogEntry;
}

export type AgentLogStoreListener<Name extends keyof AgentLogStoreEvents> = Name extends keyof AgentLogEvents
  ? AgentLogListener<Name>
  : (entry: AgentLogEntry) => void;

export interface AgentLogStore {
  /**
   * Resolves to the entry's reference once it is on disk; to undefined when the disk refuses it, in which case it is kept
   * and tried again with whatever is called next. Nobody needs to wait for it.
   */
  appendAgentLog(
    taskId: string,
    text: string,
    type: AgentLogType,
    detail?: string | null,
    agent?: AgentRole | null,
    timing?: AgentLogTiming | null,
  ): Promise<string | undefined>;
  /** All of them or, also after a crash, none; their references, in the same order. What it rejects is not kept. */
  appendAgentLogBatch(entries: readonly AgentLogInput[]): Promise<string[]>;
  /** Everything so far is on disk when it returns; throws if it could not get there. */
  flushAgentLogBuffer(): void;
  /** Oldest to newest. */
  getAgentLogs(taskId: string, page?: AgentLogPage): Promise<AgentLogEntry[]>;
  getAgentLogCount(taskId: string, filter?: Pick<AgentLogPage, 'type'>): Promise<number>;
  /** Both ends are included; null is now. */
  getAgentLogsByTimeRange(taskId: string, start: string, end: string | null): Promise<AgentLogEntry[]>;
  /** Epoch milliseconds of the last entry; undefined without one. */
  getLatestAgentLogActivityMs(taskId: string): Promise<number | undefined>;
  /** What is older than so many days, of these tasks or of all. Nothing when `days` is not above 0. */
  pruneAgentLogs(days: number, taskIds?: readonly string[] | ReadonlySet<string>): Promise<PrunedAgentLogs>;
  /** Gone for every reader once it resolves, also after a crash. */
  deleteTask(taskId: string): Promise<void>;
  on<Name extends keyof AgentLogStoreEvents>(name: Name, listener: AgentLogStoreListener<Name>): this;
  off<Name extends keyof AgentLogStoreEvents>(name: Name, listener: AgentLogStoreListener<Name>): this;
  /** Writes what waits, as far as the disk lets it, and never rejects. */
  close(): Promise<void>;
}
