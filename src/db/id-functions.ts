/** Between the integer that an id is in the tables and the text that it is in the API, for whoever writes SQL. */
import { formatId, idFromBigInt, idToBigInt, parseId } from '../entry-id.js';
import type { Connection } from './better-sqlite3.js';

export function addIdFunctions(db: Connection): void {
  const options = { deterministic: true, safeIntegers: true };
  db.function('agentlog_id', options, (text: unknown) => {
    if (text === null) return null;
    const id = typeof text === 'string' ? parseId(text) : undefined;
    if (id === undefined) throw new Error('agentlog_id takes the id of an entry, a text of 13 characters');
    return idToBigInt(id);
  });
  db.function('agentlog_id_text', options, (integer: unknown) => {
    if (integer === null) return null;
    if (typeof integer !== 'bigint' || integer < 0n)
      throw new Error('agentlog_id_text takes the id of a row, an integer');
    const { high, low } = idFromBigInt(integer);
    return formatId(high, low);
  });
}
