/** Opens a store as any program does that writes to it. */
import { openAgentLog } from '../../../src/agent-log.js';
import type { AgentLog } from '../../../src/api.js';
import { printable } from '../../../src/printable.js';
import type { CommonOptions } from '../definition.js';
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
      heal: () => undefined,
      compact: () => undefined,
    },
  });
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}
