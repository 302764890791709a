export { type AgentLog, type AgentLogStats, openAgentLog } from './agent-log.js';
export type { Entry, JsonValue, StoredEntry } from './entry.js';
export { AgentLogError, type AgentLogErrorCode } from './errors.js';
export type {
  AgentLogEvents,
  AgentLogListener,
  AgentLogListeners,
  AgentLogWarning,
  DamageEvent,
  RecoverEvent,
} from './events.js';
export type { AgentLogOptions } from './options.js';
