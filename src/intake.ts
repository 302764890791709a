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

  take(entry: Entry<unknown>): CheckedEntry {
    const { redact, maxEntryBytes, now } = this.#options;
    return checkEntry(redact === undefined ? entry : redacted(entry, redact), now(), maxEntryBytes);
  }
}

function redacted(entry: Entry<unknown>, redact: (entry: Entry<unknown>) => Entry<unknown>): Entry<unknown> {
  // In this order, so that no text of the entry can get into the message of an error.
  let result: unknown;
  try {
    result = redact(entry);
  } catch (error) {
    throw new AgentLogError('AGENTLOG_ENTRY_INVALID', 'the redact hook threw, so the entry is not written', {
      cause: error,
    });
  }
  if (
    typeof result !== 'object' ||
    result === null ||
    typeof (result as { then?: unknown }).then === 'function'
  ) {
    throw new AgentLogError(
      'AGENTLOG_ENTRY_INVALID',
      'the redact hook must return an entry, and not a promise of one; the entry is not written',
    );
  }
  return result as Entry<unknown>;
}
