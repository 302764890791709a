/** Those who listen to the entries that are logged, none of whom can hurt the store. */
import { describe } from '../../errors.js';
import { printable } from '../../printable.js';
import type { AgentLogEntry } from './api.js';

type Listener = (entry: AgentLogEntry) => void;

export class LogListeners {
  readonly #listeners = new Set<Listener>();
  #hasWarned = false;

  add(listener: Listener): void {
    if (typeof listener !== 'function') throw new TypeError("A listener of 'agent:log' must be a function");
    this.#listeners.add(listener);
  }

  remove(listener: Listener): void {
    this.#listeners.delete(listener);
  }

  emit(entry: AgentLogEntry): void {
    for (const listener of [...this.#listeners]) {
      try {
        const result = listener(entry) as unknown;
        // An asynchronous one may fail later.
        if (result instanceof Promise) result.catch((error: unknown) => this.#warn(error));
      } catch (error) {
        this.#warn(error);
      }
    }
  }

  /** Once: a host is not to be flooded. */
  #warn(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    process.emitWarning(printable(`a listener of 'agent:log' threw: ${describe(error)}`), {
      type: 'AgentLogWarning',
      code: 'AGENTLOG_LISTENER_THREW',
    });
  }
}
