/**
 * Entries as people read them: when, who and what, the text beside it, and details in one dim line. Everything in an entry is somebody else's, and nothing of it may steer a terminal.
 */
import type { StoredEntry } from '../../../src/entry.js';
import { clock, day } from './numbers.js';
import type { Output, Style } from './output.js';
import { cut, linesOf, oneLine, pad, widthOf, wrap } from './text.js';

interface Shown {
  /** It is not known from what was asked for. */
  readonly task: boolean;
  /** In full. */
  readonly details: boolean;
}

const GAP = '  ';
/** Seconds do: who wants more reads the JSON. */
const TIME_COLUMNS = 8;
const LONGEST_LABEL = 20;
const LEAST_TEXT = 20;
/** Of the width: where the labels take more, only the first line of a text stands beside them. */
const MOST_INDENTED = 0.4;

export class EntryLines {
  readonly #output: Output;
  readonly #shown: Shown;
  readonly #longestLabel: number;
  /** Columns of each label, as wide as the widest so far. */
  readonly #widths = [0, 0, 0];
  #day = '';

  constructor(output: Output, shown: Shown) {
    this.#output = output;
    this.#shown = shown;
    this.#longestLabel = output.width === Number.POSITIVE_INFINITY ? output.width : LONGEST_LABEL;
  }

  of({ timestamp, taskId, agent = '', type, text, detail }: StoredEntry): string {
    const time = timeOf(timestamp);
    const labels = [this.#shown.task ? taskId : '', agent, type].map((label, i) => this.#label(label, i));
    const isShown = (_: unknown, i: number) => this.#widths[i]! > 0;
    const styled = labels.map((label, i) => this.#styled(LABEL_STYLES[i] ?? styleOf(type), label));
    const head = [this.#styled('dim', time.clock), ...styled.filter(isShown)].join(GAP);
    const width = widthOf([time.clock, ...labels.filter(isShown)].join(GAP));
    const indent = (width <= this.#output.width * MOST_INDENTED ? width : TIME_COLUMNS) + GAP.length;
    const columns = Math.max(LEAST_TEXT, this.#output.width - indent);
    const [first, ...others] = bodyOf(text, columns, width + GAP.length - indent);
    const below = [...others, ...this.#detailLines(detail, columns)];
    return [...this.#dayLine(time.day), head + GAP + first, ...below.map((line) => ' '.repeat(indent) + line)]
      .map((line) => `${line.trimEnd()}\n`)
      .join('');
  }

  #dayLine(name: string): string[] {
    if (name === this.#day) return [];
    this.#day = name;
    return [this.#output.style('bold', `── ${name} ──`)];
  }

  #label(text: string, i: number): string {
    const label = cut(oneLine(text), this.#longestLabel);
    this.#widths[i] = Math.max(this.#widths[i]!, Math.min(LONGEST_LABEL, widthOf(label)));
    return pad(label, this.#widths[i]!);
  }

  #styled(style: Style | undefined, text: string): string {
    return style === undefined || text === '' ? text : this.#output.style(style, text);
  }

  #detailLines(detail: StoredEntry['detail'], columns: number): string[] {
    if (detail === undefined) return [];
    const lines = this.#shown.details
      ? linesOf(JSON.stringify(detail, null, 2)).flatMap((line) => wrap(line, columns))
      : [cut(oneLine(JSON.stringify(detail)), columns)];
    return lines.map((line) => this.#output.style('dim', line));
  }
}

/** Without the empty lines at its end. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && '\r\n '.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}

/** The first line has so many columns less. */
function bodyOf(text: string, columns: number, less: number): string[] {
  const [first, ...others] = linesOf(withoutEnd(text)) as [string, ...string[]];
  const below = others.flatMap((line) => wrap(line, columns));
  if (columns - less < LEAST_TEXT / 2) return ['', ...wrap(first, columns), ...below];
  const [beside, ...rest] = wrap(' '.repeat(less) + first, columns) as [string, ...string[]];
  return [beside.slice(less), ...rest, ...below];
}

/** Task and agent; a type has that of its kind. */
const LABEL_STYLES: readonly Style[] = ['bold', 'blue'];

const KINDS: readonly (readonly [RegExp, Style | undefined])[] = [
  [/error|fail|fatal|denied/i, 'red'],
  [/warn/i, 'yellow'],
  [/tool|command|exec/i, 'cyan'],
  [/think|reason/i, 'dim'],
  [/^(?:text|message|assistant)$/i, undefined],
];
const OTHERS: readonly Style[] = ['green', 'magenta', 'yellow', 'blue'];

/** A type has the same one each time. */
function styleOf(type: string): Style | undefined {
  const kind = KINDS.find(([pattern]) => pattern.test(type));
  if (kind !== undefined) return kind[1];
  let sum = 0;
  for (const character of type) sum += character.codePointAt(0)!;
  return OTHERS[sum % OTHERS.length];
}

/** What no calendar knows stays a number. */
function timeOf(timestamp: number): { day: string; clock: string } {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime())
    ? { day: `${timestamp} ms`, clock: ' '.repeat(TIME_COLUMNS) }
    : { day: day(date), clock: clock(date).slice(0, TIME_COLUMNS) };
}
