import { printable } from './printable.js';

/**
 * Every error that agentlog raises on purpose, apart from programmer mistakes, which are `TypeError`s.
 * Codes are part of the public contract and never change; messages may.
 */
export type AgentLogErrorCode =
  | 'AGENTLOG_CLOSED'
  | 'AGENTLOG_DISK_FULL'
  | 'AGENTLOG_ENTRY_INVALID'
  | 'AGENTLOG_ENTRY_TOO_LARGE'
  | 'AGENTLOG_FOREIGN_OWNER'
  | 'AGENTLOG_FORMAT'
  | 'AGENTLOG_IO'
  | 'AGENTLOG_NATIVE_MISSING'
  | 'AGENTLOG_NOT_FOUND'
  | 'AGENTLOG_NO_FULL_TEXT'
  | 'AGENTLOG_OVERLOADED'
  | 'AGENTLOG_READ_ONLY'
  | 'AGENTLOG_SQL'
  | 'AGENTLOG_SQLITE_UNSAFE'
  | 'AGENTLOG_TOO_MANY_WRITERS'
  | 'AGENTLOG_UNSAFE_FILESYSTEM'
  | 'AGENTLOG_UNSUPPORTED_PLATFORM'
  | 'AGENTLOG_WORKER_NOT_FOUND';

export class AgentLogError extends Error {
  readonly code: AgentLogErrorCode;

  constructor(code: AgentLogErrorCode, message: string, options?: { cause?: unknown }) {
    super(printable(message), options);
    this.name = 'AgentLogError';
    this.code = code;
  }
}

/** `what` could not be done, to which file; why is what the cause says: a full disk, or anything else. */
export function ioError(what: string, cause: unknown): AgentLogError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const code = isDiskFull(cause) ? 'AGENTLOG_DISK_FULL' : 'AGENTLOG_IO';
  return new AgentLogError(code, `${what}: ${why}`, { cause });
}

/** Whether a call failed because there is no space, or no more that this user may have. */
export function isDiskFull(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'AGENTLOG_DISK_FULL';
}

/** Whatever was thrown, even what cannot be made into a string. */
export function describe(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'something that cannot be printed';
  }
}
