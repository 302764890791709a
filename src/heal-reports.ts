/** Tells the host that the database was made anew: once, whether this handle's worker did it or another handle's. */
import type { Events, HealEvent } from './events.js';

export class HealReports {
  readonly #events: Events;
  readonly #told = new Set<string>();

  constructor(events: Events) {
    this.#events = events;
  }

  /** How often, as far as this handle has heard. */
  get count(): number {
    return this.#told.size;
  }

  heard(event: HealEvent): void {
    const key = JSON.stringify(event);
    if (this.#told.has(key)) return;
    this.#told.add(key);
    this.#events.emit('heal', event);
  }
}
