/** The places of acknowledged entries, in the short form in which readers are told of them. */
import type { Call } from '../processes/entries.js';
import type { ToBeFound } from './reader-child.js';

export class AcknowledgedPlaces {
  readonly #tasks = new Map<string, { all: number; others: Set<number> }>();
  #count = 0;

  add({ task, first, count }: Call): void {
    const places = this.#tasks.get(task) ?? { all: 0, others: new Set() };
    this.#tasks.set(task, places);
    this.#count += count;
    for (let n = first; n < first + count; n++) places.others.add(n);
    while (places.others.delete(places.all)) places.all++;
  }

  get toBeFound(): ToBeFound {
    const tasks = [...this.#tasks].map(([task, { all, others }]) => [task, all, [...others]] as const);
    return { tasks, count: this.#count };
  }
}
