/** Text of entries on a terminal: how wide it is, cut, wrapped, and without anything that would steer the terminal. */
import { createRequire } from 'node:module';
import { printable } from '../../../src/printable.js';

/** A column each: ASCII, and what the screens themselves are drawn with. */
const PLAIN = /^[\x20-\x7e\u2500-\u259f\u00b7\u2013\u2014\u2026\u25cf]*$/;
const ELLIPSIS = '…';
const LONGEST_PIECE = /.{1,256}/gsu;
/** To load what knows other characters takes longer than most commands do, and most never need it. */
let stringWidth: ((text: string) => number) | undefined;
let segmenter: Intl.Segmenter | undefined;

/** Columns that it takes. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  stringWidth ??= (createRequire(import.meta.url)('string-width') as typeof import('string-width')).default;
  return stringWidth(text);
}

function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return segmenter.segment(text);
}

/** On one line: ends of lines are shown as what they are. */
export function oneLine(text: string): string {
  return PLAIN.test(text) ? text : printable(text).replace(/\n/g, '⏎').replace(/\t/g, ' ');
}

/** On several: only ends of lines have a meaning. */
export function linesOf(text: string): string[] {
  return printable(text.replace(/\r\n/g, '\n')).replace(/\t/g, '    ').split('\n');
}

/** At most so many columns; a cut is shown. */
export function cut(text: string, columns: number): string {
  if (columns === Number.POSITIVE_INFINITY) return text;
  // No character is narrower than a column but for those that join others.
  if (PLAIN.test(text))
    return text.length <= columns ? text : columns < 1 ? '' : text.slice(0, columns - 1) + ELLIPSIS;
  if (text.length <= columns * 8 && widthOf(text) <= columns) return text;
  let [kept, width] = ['', 0];
  for (const { segment } of graphemesOf(text.slice(0, Math.max(0, columns) * 8 + 64))) {
    const more = widthOf(segment);
    if (width + more > columns - 1) break;
    kept += segment;
    width += more;
  }
  return columns < 1 ? '' : kept + ELLIPSIS;
}

/** Filled up with spaces to so many columns. */
export function pad(text: string, columns: number, side: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, columns - widthOf(text)));
  return side === 'left' ? text + spaces : spaces + text;
}

/** One line, broken between words into lines of at most so many columns; within a word that is longer by itself. */
export function wrap(line: string, columns: number): string[] {
  if (columns === Number.POSITIVE_INFINITY || widthOf(line) <= columns) return [line];
  const lines: string[] = [];
  let [current, width] = ['', 0];
  const push = () => {
    lines.push(current.trimEnd());
    [current, width] = ['', 0];
  };
  for (const word of line.split(/(?<= )/)) {
    const needed = widthOf(word.trimEnd());
    if (width > 0 && width + needed > columns) push();
    if (needed <= columns) {
      current += word;
      width += widthOf(word);
      continue;
    }
    // In pieces: what finding the next character costs grows with the text that it is found in.
    for (const piece of word.match(LONGEST_PIECE) ?? [])
      for (const { segment } of graphemesOf(piece)) {
        const more = widthOf(segment);
        if (width + more > columns && width > 0) push();
        current += segment;
        width += more;
      }
  }
  if (current !== '') push();
  return lines;
}
