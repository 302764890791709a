import { printable } from './printable.js';

/** An error, as it can be sent from thread to thread and from process to process. */
export interface SentError {
  readonly message: string;
  readonly code: string | undefined;
}

export function toSent(error: unknown): SentError {
  const { code } = error as { code?: unknown };
  return {
    message: error instanceof Error ? error.message : String(error),
    code: typeof code === 'string' ? code : undefined,
  };
}

/** As an error of this thread. */
export function fromSent({ message, code }: SentError): Error {
  return Object.assign(new Error(printable(message)), code === undefined ? {} : { code });
}
