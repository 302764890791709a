/** An `AbortSignal`; its type is not named, because not every project that compiles against this has it. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** `call`: whose option it is. */
export function checkSignal(call: string, signal: unknown): asserts signal is CancelSignal | undefined {
  if (signal === undefined) return;
  if (typeof (signal as { throwIfAborted?: unknown } | null)?.throwIfAborted !== 'function')
    throw new TypeError(`The option signal of ${call} must be an AbortSignal`);
}
