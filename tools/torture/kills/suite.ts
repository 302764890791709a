/** Stores used by eight processes, each of which is killed at some moment, and replaced. */
import { join } from 'node:path';
import { judge } from '../processes/judge.js';
import type { Run, Suite } from '../suite.js';
import { Life } from './life.js';

const MINUTES = { short: 0.06, long: 2 };
/** Of one store. The time that it takes to judge it comes on top. */
const LIFE_MINUTES = 1 / 3;

export const kills: Suite = {
  name: 'kills',
  about: 'eight processes append, compact and read, and are killed with SIGKILL at any moment and replaced',
  missing: () =>
    process.platform === 'linux' ? undefined : 'who leads is told by /proc, which only Linux has',
  async run(run) {
    const minutes = run.minutes ?? MINUTES[run.form];
    const lives = run.only === undefined ? Math.ceil(minutes / LIFE_MINUTES) : 1;
    const milliseconds = Math.min(minutes, LIFE_MINUTES) * 60_000;
    for (let n = 1; n <= lives; n++) {
      const name = run.only ?? `store ${n}`;
      try {
        await live(run, name, milliseconds);
      } catch (error) {
        run.fail(name, error);
      }
    }
  },
};

async function live(run: Run, name: string, milliseconds: number): Promise<void> {
  const store = join(run.directory, name);
  const life = new Life(store, run.random(name));
  await life.live(milliseconds);
  run.count('stores');
  run.count('leaders killed', life.kills.leaders);
  run.count('other writers killed', life.kills.writers);
  run.count('readers killed', life.kills.readers);
  run.count('rounds of compaction', life.rounds);
  run.count('entries that became rows in them', life.rows);
  run.count('scans beside the writers', life.readings);
  run.count('entries acknowledged', life.ledger.acknowledged);
  run.count('entries compared', await judge(store, life.ledger));
}
