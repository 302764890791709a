/** `JSON.parse` rounds what a number of JavaScript cannot hold. Here it becomes the text of its digits. */

/** What may be none of JavaScript's: many digits, with a point in between or without, or a large exponent. */
const UNUSUAL = /\d{16}|\d[\d.]{18}|[eE][+-]?\d{3}/;
const NUMBER = /-?\d[\d.eE+-]*/g;
/** Programs write that many for a number that has fewer. */
const MOST_DIGITS = 17;

/** Throws as `JSON.parse` does. */
export function parseExactly(json: string): unknown {
  const value = JSON.parse(json) as unknown;
  return UNUSUAL.test(json) ? JSON.parse(withNumbersAsTexts(json)) : value;
}

function withNumbersAsTexts(json: string): string {
  let spelt = '';
  for (let at = 0; at < json.length; ) {
    const quote = json.indexOf('"', at);
    const start = quote === -1 ? json.length : quote;
    const end = quote === -1 ? json.length : endOfText(json, quote);
    spelt += json.slice(at, start).replace(NUMBER, (number) => (isHeld(number) ? number : `"${number}"`));
    spelt += json.slice(start, end);
    at = end;
  }
  return spelt;
}

/** Behind the quote that ends it. */
function endOfText(json: string, start: number): number {
  for (let quote = start; ; ) {
    quote = json.indexOf('"', quote + 1);
    let escapes = 0;
    while (json[quote - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return quote + 1;
  }
}

function isHeld(number: string): boolean {
  const value = Number(number);
  if (/^-?\d+$/.test(number)) return Number.isSafeInteger(value);
  const digits = number
    .replace(/[eE].*/, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '');
  return Number.isFinite(value) && digits.length <= MOST_DIGITS && (value !== 0 || digits === '');
}
