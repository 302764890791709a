/** Tells the host what readings of segments found: what was recovered, and what is damaged, each segment once. */
import type { DamageEvent, Events } from './events.js';

/** What a report needs of a verdict on a segment. */
interface Verdict {
  readonly kind: string;
  readonly reason: string;
  readonly entries: number;
  readonly holeCount: number;
  readonly holeBytes: number;
  readonly tail: { readonly length: number } | null;
}

export class VerdictReports {
  readonly #events: Events;
  readonly #recovered = new Set<string>();
  readonly #damaged = new Set<string>();

  constructor(events: Events) {
    this.#events = events;
  }

  recovered(segment: string, verdict: Verdict): void {
    const { entries, tail, reason } = verdict;
    if (!this.#recovered.has(segment))
      this.#events.emit('recover', { segment, entries, tornBytes: tail?.length ?? 0, reason });
    this.#recovered.add(segment);
    this.read(segment, verdict);
  }

  read(segment: string, { kind, reason, holeCount, holeBytes }: Verdict): void {
    const isBad = kind === 'damaged' || kind === 'unreadable' || kind === 'unsupported';
    if (isBad) this.damaged({ segment, holes: holeCount, bytes: holeBytes, reason });
  }

  /** The disk did not give its bytes. */
  unreadable(segment: string, { message }: Error): void {
    this.damaged({ segment, holes: 0, bytes: 0, reason: message });
  }

  damagedRecord(segment: string, offset: number, length: number): void {
    const reason = `the record at offset ${offset} is no longer what was written`;
    this.damaged({ segment, holes: 1, bytes: length, reason });
  }

  damagedRow(id: string): void {
    const reason = `the row of entry ${id} is not what was written`;
    this.damaged({ segment: `row ${id}`, holes: 1, bytes: 0, reason });
  }

  damaged(damage: DamageEvent): void {
    if (this.#damaged.has(damage.segment)) return;
    this.#damaged.add(damage.segment);
    this.#events.emit('damage', damage);
  }
}
