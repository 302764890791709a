/** Lines from pieces that end anywhere, in the middle of a character too. */
import { StringDecoder } from 'node:string_decoder';

export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  /** A line of which the end has not come yet. */
  #rest = '';

  /** The lines that end in this piece. */
  take(piece: Buffer): string[] {
    const lines = this.#decoder.write(piece).split('\n');
    // What came before is not gone through again: a line may come in very many pieces.
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop()!;
    return lines.filter(isLine);
  }

  /** What came behind the last end of a line. */
  end(): string[] {
    return [this.#rest + this.#decoder.end()].filter(isLine);
  }
}

function isLine(line: string): boolean {
  return line !== '';
}
