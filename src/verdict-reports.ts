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
  readonly #sums = { segments: 0, entries: 0, tornBytes: 0 };
  readonly #damaged = new Set<string>();

  constructor(events: Events) {
    this.#events = events;
  }

  /** What was told so far. */
  get sums() {
    return { recovered: { ...this.#sums }, damaged: this.#damaged.size };
  }

  recovered(segment: string, verdict: Verdict): void {
    const { entries, tail, reason } = verdict;
    const tornBytes = tail?.length ?? 0;
    if (!this.#recovered.has(segment)) {
      this.#recovered.add(segment);
      this.#sums.segments++;
      this.#sums.entries += entries;
      this.#sums.tornBytes += tornBytes;
      this.#events.emit('recover', { segment, entries, tornBytes, reason });
    }
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
