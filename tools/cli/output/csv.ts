/** Entries as RFC 4180 has tables: a line of names, ends of lines of two characters, quotes where something needs them. */
import type { StoredEntry } from '../../../src/entry.js';

const NAMES = ['id', 'taskId', 'time', 'timestamp', 'type', 'agent', 'text', 'detail'];
/** Behind each line, the last one too. */
export const CSV_END = '\r\n';
/** Spaces at the ends are quoted too, as programs take them away; so is the empty text, which is not the same as none. */
const NEEDS_QUOTES = /^$|[",\u0000-\u001f\u007f]|^\s|\s$/;

export const CSV_HEAD = NAMES.join(',');

export function csvOf({ id, taskId, timestamp, type, agent, text, detail }: StoredEntry): string {
  const texts = [type, agent, text, detail === undefined ? undefined : JSON.stringify(detail)];
  return [id, field(taskId), timeOf(timestamp), timestamp, ...texts.map(field)].join(',');
}

function field(text: string | undefined): string {
  if (text === undefined) return '';
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Of the last second that was asked for, as most entries are of the same one as those before them. */
let second = Number.NaN;
let shown = '';

/** ISO 8601; none for what no calendar knows. */
function timeOf(timestamp: number): string {
  const whole = Math.floor(timestamp / 1000);
  if (whole !== second) {
    const date = new Date(whole * 1000);
    second = whole;
    shown = Number.isNaN(date.getTime()) ? '' : date.toISOString().replace(/\.000Z$/, '');
  }
  return shown === '' ? '' : `${shown}.${String(timestamp - whole * 1000).padStart(3, '0')}Z`;
}
