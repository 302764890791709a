/** Numbers of the format, as people call them. */
import { FLAG, RECORD_TYPE } from '../../../src/segment/layout.js';

const TYPES = new Map<number, string>(Object.entries(RECORD_TYPE).map(([name, type]) => [type, name]));

/** Undefined for one that this program does not know. */
export function recordTypeName(type: number): string | undefined {
  return TYPES.get(type);
}

export function flagNames(flags: number): string[] {
  const names: string[] = [];
  if (flags & FLAG.endOfBatch) names.push('end of batch');
  if (flags & FLAG.moreOfGroup) names.push('more of group');
  const unknown = flags & ~(FLAG.endOfBatch | FLAG.moreOfGroup);
  if (unknown !== 0) names.push(`unknown 0x${unknown.toString(16)}`);
  return names;
}
