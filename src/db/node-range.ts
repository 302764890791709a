/**
 * As much of version ranges as an `engines` field needs to be asked "what is the lowest Node you admit?".
 *
 * The upper bound is left alone on purpose: a package that does not name a newer Node yet mostly works there, and
 * fails with a plain error where it does not.
 */

/** `20.x || 22.x` admits 20.0.0 and later; a range without a lower bound admits 0.0.0. */
export function lowestAdmitted(range: string): string {
  return range
    .split('||')
    .map(lowerBound)
    .reduce((lowest, bound) => (compareVersions(bound, lowest) < 0 ? bound : lowest));
}

/** Negative, zero or positive; a missing or unreadable part counts as 0, and pre-release tags do not count. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < 3; i++) {
    const difference = left[i]! - right[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Of several comparators that must all hold, the highest lower bound. */
function lowerBound(alternative: string): string {
  const hyphen = alternative.replace(/\s+-\s+\S+/g, '');
  const comparators = hyphen
    .replace(/([<>=^~]+)\s+/g, '$1')
    .trim()
    .split(/\s+/);
  return comparators
    .filter((comparator) => !comparator.startsWith('<'))
    .map((comparator) => parts(comparator.replace(/^[>=^~v]+/, '')).join('.'))
    .reduce((highest, bound) => (compareVersions(bound, highest) > 0 ? bound : highest), '0.0.0');
}

function parts(version: string): [number, number, number] {
  const [major, minor, patch] = version.split(/[.+-]/).map((part) => Number.parseInt(part, 10) || 0);
  return [major ?? 0, minor ?? 0, patch ?? 0];
}
