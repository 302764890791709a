/** What stands on a damaged page is taken for a record only where it can be one. */
import { expect, it } from 'vitest';
import { columnsOf } from '../../src/db/leaf-cells.js';

it('a length beyond all bounds is none that goes backwards', () => {
  // Blobs of the serial types 2^32 - 4 and 28.
  const header = Buffer.from([7, 0x8f, 0xff, 0xff, 0xff, 0x7c, 0x1c]);
  const record = Buffer.concat([header, Buffer.alloc(8)]);
  for (let length = 0; length <= record.length; length++)
    expect(columnsOf(record, { length, id: { high: 0, low: 1 }, start: 0 }, 7)).toBeUndefined();
});
