/** Paths as they can be typed again where the user stands. */
import type { StorePaths } from '../../../src/segment/store-directory.js';

/** Of a text, with the store's own path in it as the user has given that. */
export function asGiven({ root }: StorePaths, given: string): (text: string) => string {
  const short = given.length > 1 ? given.replace(/\/+$/, '') : given;
  return (text) => text.replaceAll(`${root}/`, () => `${short}/`);
}
