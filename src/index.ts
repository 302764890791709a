export type { Entry, JsonValue, StoredEntry } from './entry.js';
export { AgentLogError, type AgentLogErrorCode } from './errors.js';
