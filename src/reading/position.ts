/** A place in the stream of all entries: for each slot the last id, as the ids of a slot only grow. */
import { slotOf } from '../deletion.js';
import { compareIds, type IdHalves } from '../entry-id.js';

export class Position {
  readonly #last = new Map<number, IdHalves>();

  copy(): Position {
    const copy = new Position();
    copy.reachAll(this.ids());
    return copy;
  }

  /** Never goes back. */
  reach(id: IdHalves): void {
    const slot = slotOf(id.low);
    const before = this.#last.get(slot);
    if (before === undefined || compareIds(before, id) < 0) this.#last.set(slot, id);
  }

  reachAll(ids: Iterable<IdHalves>): void {
    for (const id of ids) this.reach(id);
  }

  /** Whether it lies behind the entry with this id. */
  includes(high: number, low: number): boolean {
    const last = this.#last.get(slotOf(low));
    return last !== undefined && (high < last.high || (high === last.high && low <= last.low));
  }

  of(slot: number): IdHalves | undefined {
    return this.#last.get(slot);
  }

  /** The last id of each slot. */
  ids(): IdHalves[] {
    return [...this.#last.values()];
  }
}
