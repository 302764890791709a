/** What the scenarios hold stores against must see each thing that can be wrong. */
import { expect, test } from 'vitest';
import { type Found, Ledger } from '../../tools/scenarios/ledger.js';
import { textOf } from '../../tools/scenarios/pieces.js';

const LONGEST = 100;
const WELL = { lost: 0, doubled: 0, invented: 0, refusedThere: 0 };

const found = (n: number, id = `id ${n}`): Found => ({ id, text: textOf('one', n, LONGEST) });

/** Three are acknowledged, then one is refused. */
function told(): Ledger {
  const ledger = new Ledger(LONGEST);
  ledger.admit('one');
  for (const n of [0, 1, 2]) ledger.acknowledge('one', n, `id ${n}`);
  ledger.refuse('one', 3);
  return ledger;
}

const all = [found(0), found(1), found(2)];

test.each<[string, Found[], object]>([
  ['all that was acknowledged', all, {}],
  ['what was on its way as well', [...all, found(4)], {}],
  ['one less', [found(0), found(2)], { lost: 1 }],
  ['nothing', [], { lost: 3 }],
  ['one twice', [...all, found(1, 'id 9')], { doubled: 1 }],
  ['one twice, that under another id first', [found(1, 'id 9'), ...all], { doubled: 1 }],
  ['one under another id', [found(0), found(1), found(2, 'id 9')], { lost: 1, invented: 1 }],
  [
    'one with another text',
    [found(0), found(1), { id: 'id 2', text: 'one 2 other\n' }],
    { lost: 1, invented: 1 },
  ],
  ['what cannot have been given yet', [...all, found(5)], { invented: 1 }],
  ['what is by nobody', [...all, { id: 'id 9', text: textOf('two', 0, LONGEST) }], { invented: 1 }],
  ['what is no text of any writer', [...all, { id: 'id 9', text: 'rubbish' }], { invented: 1 }],
  ['what was refused', [...all, found(3)], { refusedThere: 1 }],
])('%s', (_, there, differences) => {
  expect(told().compare(there)).toEqual({ ...WELL, ...differences });
});
