/**
 * Messages may hold what somebody else has chosen: names of fields and files, what SQLite says of a statement. As they end
 * up in terminals and logs, nothing in them may steer a terminal or turn the direction of what follows.
 */

/** Control characters but for the line feed and the tab; separators of lines that terminals do not know; marks of direction. */
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const LONGEST_NAME = 60;

/** What would steer is spelt out, as in a string of JavaScript. */
export function printable(message: string): string {
  return message.replace(STEERING, spelt);
}

/** A name within a message: its beginning, without an end of the line. */
export function printableName(name: string): string {
  return printable(name.slice(0, LONGEST_NAME)).replace(/[\n\t]/g, spelt);
}

function spelt(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
