/**
 * Finds rows on single pages of a database, whatever has become of the pages that lead to them. Every row of entries and of
 * deletes carries a checksum over all of its columns, so one that is found is one that was written.
 */
import { type Deletion, slotOf } from '../deletion.js';
import { type IdHalves, idFromBigInt } from '../entry-id.js';
import { type Cell, cellsOn, columnsOf, localBytes, recordOf, type Value, valueIn } from './leaf-cells.js';
import type { PageImage, PageImages } from './page-images.js';
import { deletionCrc } from './row.js';
import type { GoodRow } from './row-pages.js';
import { type RawRow, rowOf } from './row-pages.js';

const ROW_COLUMNS = 8;
const DELETION_COLUMNS = 5;

export type Carved = { readonly row: GoodRow } | { readonly deletion: Deletion };

/** Of one page. */
export function* carve(pages: PageImages, { bytes, start }: PageImage): Generator<Carved> {
  for (const cell of cellsOn({ bytes, start })) {
    const carved = carveCell(pages, bytes, cell);
    if (carved !== undefined) yield carved;
  }
}

function carveCell(pages: PageImages, bytes: Buffer, cell: Cell): Carved | undefined {
  const local = localBytes(cell.length, pages.pageBytes);
  if (cell.start + local > bytes.length) return undefined;
  const columns = columnsOf(bytes, cell, ROW_COLUMNS);
  if (columns?.length !== ROW_COLUMNS && columns?.length !== DELETION_COLUMNS) return undefined;
  // While a checkpoint is under way a page of the log may belong to an older page of the file, or the other way round.
  for (const from of pages.hasLog ? (['log', 'file'] as const) : (['file'] as const)) {
    const record = recordOf(pages, bytes, cell, local, from);
    if (record === undefined) continue;
    const values = columns.map((column) => valueIn(record, column));
    const found = columns.length === ROW_COLUMNS ? rowIn(cell.id, values) : deletionIn(values);
    if (found !== undefined) return found;
    if (local === cell.length) break;
  }
  return undefined;
}

function rowIn({ high, low }: IdHalves, [id, ...values]: readonly Value[]): Carved | undefined {
  // The id stands in the place of the column that is its alias.
  if (id !== null) return undefined;
  const row = rowOf([high, low, ...values] as unknown as RawRow);
  return 'isDamaged' in row ? undefined : { row };
}

function deletionIn([taskId, slot, upToId, before, crc]: readonly Value[]): Carved | undefined {
  if (taskId !== null && typeof taskId !== 'string') return undefined;
  if (before !== null && typeof before !== 'number') return undefined;
  const last = typeof upToId === 'number' ? idFromBigInt(BigInt(upToId)) : upToId;
  if (last === null || typeof last !== 'object' || !('low' in last) || slotOf(last.low) !== slot)
    return undefined;
  if (crc !== deletionCrc(taskId, { ...last, before })) return undefined;
  return { deletion: { taskId, before, upTo: [last] } };
}
