/** What the programs of both sides write to. */
import type { Piece } from './pieces.js';

export interface Store {
  /** Resolves to the id that it is kept under. */
  append(piece: Piece): Promise<string>;
  close(): Promise<void>;
}
