/** Deletes that are known, from waiting segments or from elsewhere. */
import { type Bound, type Deletable, type Deletion, isWithin, slotOf } from '../deletion.js';
import { compareIds, type IdHalves } from '../entry-id.js';

export class Deletions {
  /** By task, null for all, and slot. */
  readonly #bounds = new Map<string | null, Map<number, Bound[]>>();

  add({ taskId, upTo, before }: Deletion): void {
    let slots = this.#bounds.get(taskId);
    if (slots === undefined) {
      slots = new Map();
      this.#bounds.set(taskId, slots);
    }
    for (const id of upTo) {
      const slot = slotOf(id.low);
      const bounds = slots.get(slot);
      if (bounds === undefined) slots.set(slot, [{ ...id, before }]);
      else bounds.push({ ...id, before });
    }
  }

  get isEmpty(): boolean {
    return this.#bounds.size === 0;
  }

  /** The tasks that are named, null for all. */
  get tasks(): Iterable<string | null> {
    return this.#bounds.keys();
  }

  /** Whether all of the task's entries up to this id, of the id's slot, are named, whatever their time. */
  coverAll(taskId: string, id: IdHalves): boolean {
    const of = (task: string | null) => this.#bounds.get(task)?.get(slotOf(id.low)) ?? [];
    return [...of(taskId), ...of(null)].some(
      ({ before, ...last }) => before === null && compareIds(id, last) <= 0,
    );
  }

  cover(entry: Deletable): boolean {
    const of = (task: string | null) => this.#bounds.get(task)?.get(slotOf(entry.idLow));
    const names = (bound: Bound) => isWithin(entry, bound);
    return (of(entry.taskId)?.some(names) ?? false) || (of(null)?.some(names) ?? false);
  }
}
