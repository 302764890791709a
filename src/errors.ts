/**
 * Every error that agentlog raises on purpose, apart from programmer mistakes, which are `TypeError`s.
 * Codes are part of the public contract and never change; messages may.
 */
export type AgentLogErrorCode =
  | 'AGENTLOG_ENTRY_INVALID'
  | 'AGENTLOG_ENTRY_TOO_LARGE'
  | 'AGENTLOG_FORMAT'
  | 'AGENTLOG_IO'
  | 'AGENTLOG_NATIVE_MISSING';

export class AgentLogError extends Error {
  readonly code: AgentLogErrorCode;

  constructor(code: AgentLogErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AgentLogError';
    this.code = code;
  }
}
