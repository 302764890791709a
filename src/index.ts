export { openAgentLog } from './agent-log.js';
export type { AgentLog, AgentLogStats, PruneOptions } from './api.js';
export type {
  BackupOptions,
  BackupProgress,
  BackupResult,
  CompactOptions,
  CompactProgress,
  CompactResult,
  RebuildOptions,
  RebuildProgress,
  VerifyOptions,
  VerifyProblem,
  VerifyProgress,
  VerifyResult,
} from './compactor/api.js';
export type { SqlParameters, SqlValue } from './db/sql-query.js';
export type { Entry, JsonValue, StoredEntry } from './entry.js';
export { AgentLogError, type AgentLogErrorCode } from './errors.js';
export type {
  AgentLogEvents,
  AgentLogListener,
  AgentLogListeners,
  AgentLogWarning,
  CompactEvent,
  DamageEvent,
  HealEvent,
  RecoverEvent,
} from './events.js';
export type { AgentLogOptions } from './options.js';
export type { SqlOptions } from './query/arguments.js';
export type {
  CountFilter,
  EntriesQuery,
  EntryFilter,
  EntryFollow,
  FollowOptions,
  ScanOptions,
  SearchOptions,
  SearchResult,
  TaskSummary,
} from './reading/api.js';
export { type SalvagedSegment, salvageSegment } from './segment/salvage-segment.js';
