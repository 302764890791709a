/** Those who end the processes of a scenario must see how each of them ended. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { Crew } from '../../tools/scenarios/crew.js';
import { kanban } from '../../tools/scenarios/kanban/scenario.js';
import { tempDir } from '../package/support/temp-dir.js';

/** Gives two entries in each life, and does `atTerm` when it is to end. */
function crewOf(atTerm: string): Crew {
  const directory = tempDir();
  const program = join(directory, 'writer.mjs');
  writeFileSync(
    program,
    `import { writeSync } from 'node:fs';
     const { name: by, entries } = JSON.parse(process.argv[2]);
     const say = (said) => writeSync(1, JSON.stringify(said) + '\\n');
     process.once('SIGTERM', () => { ${atTerm} });
     process.stdin.once('data', () => {
       for (let n = 0; n < Math.min(entries, 2); n++) say({ by, n, id: by + n });
       if (entries <= 2) process.exit();
     });
     say('open');`,
  );
  const scenario = { ...kanban, program: pathToFileURL(program), processes: 1, graceMs: 60_000 };
  const ends = [{ answers: 2, place: 0 }];
  return new Crew(scenario, { side: 'agentlog', directory, entriesEach: 4, ends, seed: 1 });
}

test('one that closes well when it is to end has left in time', async () => {
  const crew = crewOf('process.exit()');
  await crew.work();
  expect(crew).toMatchObject({ leftInTime: 1, killed: 0, troubles: [] });
});

test('one that fails while it closes is a trouble, and has not left in time', async () => {
  const crew = crewOf(`throw new TypeError('the store cannot be closed')`);
  await crew.work();
  expect(crew).toMatchObject({
    leftInTime: 0,
    killed: 0,
    troubles: ['a process ended with 1: TypeError: the store cannot be closed'],
  });
});
