/** What is done to the file of another system after its writers have gone must be seen, and only that. */
import { expect, test } from 'vitest';
import { crushsWay, openAsCrush } from '../../tools/scenarios/crush/old-way.js';
import { Ledger } from '../../tools/scenarios/ledger.js';
import { judgeFile, openFile, prepare } from '../../tools/scenarios/old-way.js';
import { textOf } from '../../tools/scenarios/pieces.js';
import { tempDir } from '../package/support/temp-dir.js';

const LONGEST = 100;

test('a message of crush that is no JSON any more costs its own pieces, and no others', async () => {
  const directory = tempDir();
  prepare(directory, crushsWay);
  const store = openAsCrush(directory);
  const ledger = new Ledger(LONGEST);
  ledger.admit('one');
  for (let n = 0; n < 6; n++) {
    const piece = { by: 'one', n, task: `message ${Math.floor(n / 2)}`, type: 'text' };
    ledger.acknowledge('one', n, await store.append({ ...piece, text: textOf('one', n, LONGEST) }));
  }
  await store.close();
  const database = openFile(directory, crushsWay.file, 0);
  database.exec(`UPDATE messages SET parts = 'torn' || parts WHERE id = 'message 0'`);
  database.close();
  const { found, problems } = judgeFile(directory, crushsWay);
  expect(problems).toEqual([]);
  expect(ledger.compare(found)).toMatchObject({ lost: 2, doubled: 0, invented: 1 });
});
