/** Reads everything again and again, so slowly that one reading lasts for seconds, as an export or a search may. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openAgentLog } from '../../../src/index.js';
import { logIn } from '../agentlog.js';
import { args, say } from '../program.js';
import type { Job } from '../scenario.js';
import { openForMessages } from './old-way.js';

/** Between two rests. */
const ENTRIES = 500;
const REST_MS = 20;

const { side, directory } = args<Pick<Job, 'side' | 'directory'>>();
const readings = side === 'agentlog' ? readingsOfLog() : readingsOfTable();
for (;;) {
  try {
    let read = 0;
    const { value } = await readings.next();
    for await (const _ of value as Iterable<unknown> | AsyncIterable<unknown>)
      if (++read % ENTRIES === 0) await delay(REST_MS);
    say({ read });
  } catch (error) {
    say({ livedWith: `${(error as NodeJS.ErrnoException).code} in a reader` });
  }
  await delay(REST_MS);
}

/** Only to read: what brings entries into the database is the gateway, and is killed with it. */
async function* readingsOfLog(): AsyncGenerator<AsyncIterable<unknown>> {
  const root = logIn(directory);
  while (!existsSync(join(root, 'agentlog.json'))) await delay(REST_MS);
  const log = await openAgentLog(root, { readOnly: true });
  for (;;) yield log.scan();
}

/** A statement that has begun holds its snapshot until its last row. */
async function* readingsOfTable(): AsyncGenerator<Iterable<unknown>> {
  const all = openForMessages(directory).prepare('SELECT * FROM messages ORDER BY id');
  for (;;) yield all.iterate();
}
