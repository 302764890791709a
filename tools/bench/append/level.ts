/** classic-level with a sync for each write. It has no synchronous calls. */
import { ClassicLevel } from 'classic-level';
import type { Entry } from '../../../src/entry.js';
import { byCallers, type Contender } from './contender.js';

export function classicLevel(callers: number): Contender {
  return {
    name: 'classic-level',
    async open(directory) {
      const database = new ClassicLevel<string, Entry>(directory, { valueEncoding: 'json' });
      await database.open();
      let key = 0;
      const append = (entry: Entry) => database.put(String(key++).padStart(12, '0'), entry, { sync: true });
      return { append: byCallers(callers, append), close: () => database.close() };
    },
  };
}
