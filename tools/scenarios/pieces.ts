/** What is logged. All of it follows from who logs it, and as which of his own, so that each side knows what must be there. */

export interface Piece {
  /** Each has its own names, also after another has taken its place. It waits for an answer before it gives the next piece. */
  readonly by: string;
  readonly n: number;
  /** What it belongs to: a task, a session, a message. */
  readonly task: string;
  readonly type: string;
  readonly text: string;
}

const WORDS =
  'looked at the file and found that the batch in flight had not been acknowledged when the process was killed so it ' +
  'ran the tests again with another seed read the log of the failing run and changed the order of the two calls ';

/** One line. It begins with its place, which is all that a reader needs to know what the rest must be. */
export function textOf(by: string, n: number, longest: number): string {
  const begin = (n * 31) % WORDS.length;
  const length = (n * 97) % longest;
  return `${by} ${n} ${WORDS.repeat(1 + Math.ceil(longest / WORDS.length)).slice(begin, begin + length)}\n`;
}

export function placeOf(text: string): { readonly by: string; readonly n: number } {
  const [by = '', n = ''] = text.split(' ', 2);
  return { by, n: /^\d+$/.test(n) ? Number(n) : -1 };
}
