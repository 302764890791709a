/** What went wrong in another thread, or in SQLite, as callers are told of it. */
import { AgentLogError, type AgentLogErrorCode, describe } from '../errors.js';

export function asAgentLogError(what: string, error: unknown): AgentLogError {
  const { code } = error as { code?: unknown };
  const why = error instanceof Error ? error.message : describe(error);
  return new AgentLogError(codeFor(code), `${what}: ${why}`, { cause: error });
}

function codeFor(code: unknown): AgentLogErrorCode {
  if (typeof code === 'string' && code.startsWith('AGENTLOG_')) return code as AgentLogErrorCode;
  return code === 'SQLITE_FULL' || code === 'ENOSPC' ? 'AGENTLOG_DISK_FULL' : 'AGENTLOG_IO';
}
