/** Agents side by side, each of whom logs one entry after the other. */
import { type AgentLogInput, createAgentLogStore } from '../../../src/adapters/fusion.js';
import { byCallers, type Contender } from '../append/contender.js';
import { type Pace, race } from '../append/race.js';
import { sqliteAutocommit } from '../append/sqlite.js';
import { median } from '../measure.js';
import { number, type Report } from '../report.js';
import { timesAsFast } from '../rounds.js';
import { versions } from '../versions.js';
import type { Workplace } from '../workplace.js';
import { inputOf } from './sample.js';

const AGENTS = 20;
const LEAST_TIMES = 5;
const NAMES = { batch: 'appendAgentLogBatch of one', single: 'appendAgentLog' };

export async function appending(pace: Pace, place: Workplace): Promise<Report> {
  const contenders = [
    contender(NAMES.batch, (store, input) => store.appendAgentLogBatch([input])),
    contender(NAMES.single, (store, { taskId, text, type, detail, agent }) =>
      store.appendAgentLog(taskId, text, type, detail, agent),
    ),
    sqliteAutocommit,
  ];
  const rates = await race(contenders, pace, place);
  const times = (name: string) => timesAsFast(rates, name, sqliteAutocommit.name);
  return {
    title: `Entries a second from ${AGENTS} agents at once, on disk when acknowledged`,
    versions: versions([]),
    rows: [
      ['', 'entries/s', `times ${sqliteAutocommit.name}`],
      ...contenders.map(({ name }) => [name, number(median(rates.get(name)!)), number(times(name), 2)]),
    ],
    bars: [
      {
        what: `${NAMES.batch}, against ${sqliteAutocommit.name}`,
        bar: `>= ${LEAST_TIMES}x`,
        measured: `${number(times(NAMES.batch), 2)}x`,
        met: times(NAMES.batch) >= LEAST_TIMES,
      },
    ],
  };
}

type Store = Awaited<ReturnType<typeof createAgentLogStore>>;

function contender(
  name: string,
  append: (store: Store, input: AgentLogInput) => Promise<unknown>,
): Contender {
  return {
    name,
    async open(directory) {
      const store = await createAgentLogStore(directory);
      return {
        append: byCallers(AGENTS, (entry) => append(store, inputOf(entry))),
        close: () => store.close(),
      };
    },
  };
}
