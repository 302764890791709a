/** Opens a store as any program does that writes to it. */
import { openAgentLog } from '../../../src/agent-log.js';
import type { AgentLog } from '../../../src/api.js';
import type { HealEvent } from '../../../src/events.js';
import { printable } from '../../../src/printable.js';
import type { CommonOptions } from '../definition.js';
import { counted } from '../output/numbers.js';
import type { Output } from '../output/output.js';
import { requireStore } from './target.js';

/** The store must be there. What it tells of on the way goes to stderr. */
export async function withStore<Result>(
  path: string,
  { allowForeignOwner }: CommonOptions,
  output: Output,
  work: (log: AgentLog) => Promise<Result>,
): Promise<Result> {
  requireStore(path);
  const log = await openAgentLog(path, {
    allowForeignOwner,
    on: {
      warning: ({ message }) => output.note(`agentlog: ${printable(message)}`),
      damage: ({ segment, reason }) => output.note(`agentlog: ${printable(`${segment}: ${reason}`)}`),
      recover: () => undefined,
      // One that was asked for is what `rebuild` tells of.
      heal: (event) => {
        if (event.wasDamaged) output.note(`agentlog: ${printable(healed(event))}`);
      },
      compact: () => undefined,
    },
  });
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}

function healed({ reason, missing, kept }: HealEvent): string {
  const lost =
    missing === null
      ? 'nobody knows how many entries are missing'
      : `${counted(missing, 'entry', 'entries')} missing`;
  const old = kept === null ? '' : `; the old one is ${kept}`;
  return `the database was damaged (${reason}) and has been made anew: ${lost}${old}`;
}
