/** How the logger on the other side of the thread calls its levels and its message, as pino tells each transport. */
import { setImmediate } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';

const USUAL_LABELS: Readonly<Record<string, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

interface Message {
  readonly code?: unknown;
  readonly config?: { readonly levels?: { readonly labels?: unknown }; readonly messageKey?: unknown };
}

export class HostConfig {
  #labels = USUAL_LABELS;
  #messageKey = 'msg';
  #isSettled = false;

  constructor() {
    const hear = (message: Message | null) => {
      if (message?.code !== 'PINO_CONFIG') return;
      parentPort?.off('message', hear);
      const { levels, messageKey } = message.config ?? {};
      if (typeof levels?.labels === 'object') this.#labels = { ...levels.labels };
      if (typeof messageKey === 'string') this.#messageKey = messageKey;
      this.#isSettled = true;
    };
    parentPort?.on('message', hear);
  }

  get messageKey(): string {
    return this.#messageKey;
  }

  labelOf(level: number): string {
    return this.#labels[level] ?? String(level);
  }

  /**
   * Resolves when all was heard that had been sent before the lines that are there. Lines come through shared memory, so a
   * message that was sent before them may still be in its queue, which is emptied in each turn of the event loop. Not every
   * host sends one.
   */
  async settled(): Promise<void> {
    if (this.#isSettled) return;
    await setImmediate();
    // The first turn may have begun before the lines were there.
    await setImmediate();
    this.#isSettled = true;
  }
}
