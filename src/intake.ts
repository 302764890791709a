/** What an entry goes through before it is encoded: the host's redaction, then the checks. */
import { type CheckedEntry, checkEntry, type Entry } from './entry.js';
import { AgentLogError } from './errors.js';

export interface IntakeOptions {
  readonly redact: ((entry: Entry<unknown>) => Entry<unknown>) | undefined;
  readonly maxEntryBytes: number;
  readonly now: () => number;
}

export class Intake {
  readonly #options: IntakeOptions;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** `index` says which of several entries it is. */
  take(entry: Entry<unknown>, index?: number): CheckedEntry {
    const { redact, maxEntryBytes, now } = this.#options;
    const time = now();
    try {
      return checkEntry(redact === undefined ? entry : redacted(entry, redact), time, maxEntryBytes);
    } catch (thrown) {
      const error = thrown instanceof AgentLogError ? thrown : cannotBeRead(thrown);
      if (index === undefined) throw error;
      throw new AgentLogError(error.code, `entries[${index}]: ${error.message}`, { cause: error.cause });
    }
  }
}

function redacted(entry: Entry<unknown>, redact: (entry: Entry<unknown>) => Entry<unknown>): Entry<unknown> {
  let result: unknown;
  try {
    result = redact(entry);
  } catch (error) {
    // What the hook says may hold what it was to hide, so it stands in the cause and not in the message.
    throw new AgentLogError('AGENTLOG_ENTRY_INVALID', 'the redact hook threw, so the entry is not written', {
      cause: error,
    });
  }
  const isPromise = typeof (result as { then?: unknown } | null | undefined)?.then === 'function';
  if (typeof result === 'object' && result !== null && !isPromise) return result as Entry<unknown>;
  const given = isPromise ? 'a promise of one' : result === null ? 'null' : typeof result;
  throw new AgentLogError(
    'AGENTLOG_ENTRY_INVALID',
    `the redact hook must return an entry, and not ${given}; the entry is not written`,
  );
}

/** A getter or a proxy of the entry threw. */
function cannotBeRead(cause: unknown): AgentLogError {
  return new AgentLogError('AGENTLOG_ENTRY_INVALID', 'the entry threw when it was read', { cause });
}
