/**
 * What somebody searches for, as expressions of FTS5. Each word stands in quotes, so whatever it has is text; what of it the
 * index takes for a token is for FTS5 to say, and a word without any is passed over.
 */

/** `"several words"`, or a word; with a `*` behind it, what it begins. A quote without another one is a part of a word. */
const PHRASES = /"([^"]*)"(\*?)|\S+/g;

/** In quotes, each once. */
export function phrasesOf(text: string): string[] {
  const phrases = new Set<string>();
  for (const [word, quoted, star] of text.matchAll(PHRASES)) {
    const isPrefix = quoted === undefined ? word.endsWith('*') : star !== '';
    // A NUL would end the expression. As a quote, it stands between tokens in texts, too.
    const plain = (quoted ?? word).replace(/["\0]/g, ' ');
    phrases.add(`"${plain}"${isPrefix ? ' *' : ''}`);
  }
  return [...phrases];
}

/** With AND, a phrase without tokens would match nothing; side by side it is passed over. */
export function allOf(phrases: readonly string[]): string {
  return phrases.length === 0 ? '""' : phrases.join(' ');
}

export function anyOf(phrases: readonly string[]): string {
  return phrases.length === 0 ? '""' : phrases.join(' OR ');
}
