/** What a life's program is told. */
export interface Life {
  readonly mount: string;
  readonly store: string;
  readonly seed: number;
  /** Of its entries, and of those of the life before it. */
  readonly firstNumber: number;
  readonly previousNumber: number;
  /** A writer only appends, beside a leader. */
  readonly role: 'leader' | 'writer';
  readonly isAlone: boolean;
  readonly readsFirst: boolean;
  readonly isBackedUp: boolean;
  readonly fullText: boolean;
  readonly archiveBytes: number | undefined;
  readonly ending: 'close' | 'kill';
}
