/** How the fields of a source become those of entries. */
import { printableName } from '../../../src/printable.js';
import { UsageError } from '../errors.js';
import type { Zone } from './time-value.js';

export const ENTRY_FIELDS = ['taskId', 'timestamp', 'type', 'text', 'agent', 'detail'] as const;
export type EntryField = (typeof ENTRY_FIELDS)[number];

export interface Mapping {
  /** Fields of the source; one that is not said has the entry's own name, if it is there. */
  readonly fields: Readonly<Partial<Record<EntryField, string>>>;
  /** Where details go: as `agentlog/fusion` has them, or with all that was mapped to no field. */
  readonly form: 'fusion' | 'open';
  /** The text is that of a message's parts. */
  readonly hasParts: boolean;
  /** Of times that say none. */
  readonly zone: Zone | undefined;
}

const OPEN: Mapping = { fields: {}, form: 'open', hasParts: false, zone: undefined };

export const FUSION: Mapping = { ...OPEN, form: 'fusion' };

const HERMES = { taskId: 'session_id', type: 'role', text: 'content', timestamp: 'timestamp' };
const CRUSH = { taskId: 'session_id', type: 'role', text: 'parts', timestamp: 'created_at' };

/** Those that need not be spelt out, and the table that they are for. */
export const READY: Readonly<Record<string, { readonly table: string; readonly mapping: Mapping }>> = {
  hermes: { table: 'messages', mapping: { ...OPEN, fields: HERMES } },
  crush: { table: 'messages', mapping: { ...OPEN, fields: CRUSH, hasParts: true } },
};

/** Of `taskId=session_id,text=content`, or the name of a ready one. Without any, fields have the names of those of entries. */
export function parseMapping(value: string | undefined): Mapping {
  if (value === undefined) return OPEN;
  const ready = Object.hasOwn(READY, value) ? READY[value] : undefined;
  if (ready !== undefined) return ready.mapping;
  const fields: Partial<Record<EntryField, string>> = {};
  for (const pair of value.split(',')) {
    const [, field, name] = /^([^=]*)=(.+)$/s.exec(pair.trim()) ?? [];
    if (!isEntryField(field) || name === undefined)
      throw new UsageError(
        `"${printableName(pair)}" says no field: write taskId=session_id,text=content (fields of entries are ${ENTRY_FIELDS.join(', ')}), or ${Object.keys(READY).join(' or ')}`,
      );
    if (fields[field] !== undefined)
      throw new UsageError(`${field} can be made of one field only, and two are named`);
    fields[field] = name;
  }
  return { ...OPEN, fields };
}

/** The same text for the same mapping. */
export function mappingText({ fields, form, hasParts, zone }: Mapping): string {
  const named = ENTRY_FIELDS.flatMap((field) =>
    fields[field] === undefined ? [] : [`${field}=${fields[field]}`],
  );
  const others = [form === 'fusion' && 'fusion', hasParts && 'parts', zone !== undefined && `zone=${zone}`];
  return [...named, ...others.filter((one) => one !== false)].join(',');
}

function isEntryField(name: string | undefined): name is EntryField {
  return (ENTRY_FIELDS as readonly (string | undefined)[]).includes(name);
}
