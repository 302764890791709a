/** agentlog's side, which is the same in every scenario: one handle for each process, and a promise for each entry. */
import { join } from 'node:path';
import { type AgentLog, openAgentLog } from '../../src/index.js';
import type { AgentLogOptions } from '../../src/options.js';
import type { Found } from './ledger.js';
import { say } from './program.js';
import type { Store } from './store.js';

export function logIn(directory: string): string {
  return join(directory, 'store');
}

export async function openLog(directory: string, options: AgentLogOptions = {}): Promise<Store> {
  const log = await openAgentLog(logIn(directory), {
    ...options,
    on: {
      damage: ({ segment, reason }) => say({ trouble: `damage of ${segment}: ${reason}` }),
      heal: ({ reason }) => say({ trouble: `a heal: ${reason}` }),
      warning: ({ code }) => say({ livedWith: code }),
    },
  });
  return {
    append: ({ by, task, type, text }) => log.append({ taskId: task, agent: by, type, text }),
    close: () => log.close(),
  };
}

/** Everything as it was left, the same again as rows, and what `verify()` says. */
export async function judgeLog(directory: string): Promise<{ found: Found[]; problems: string[] }> {
  const problems: string[] = [];
  const log = await openAgentLog(logIn(directory), {
    on: {
      damage: ({ segment, reason }) => problems.push(`damage of ${segment}: ${reason}`),
      heal: ({ reason }) => problems.push(`a heal: ${reason}`),
    },
  });
  try {
    const found = await readAll(log);
    await log.compact();
    const rows = await readAll(log);
    const at = found.findIndex(({ id, text }, i) => id !== rows[i]?.id || text !== rows[i].text);
    if (at !== -1 || rows.length !== found.length)
      problems.push(`after compact() ${rows.length} entries, and ${found.length} before`);
    for (const { kind, where, what } of (await log.verify()).problems)
      problems.push(`verify(): ${kind} ${where}: ${what}`);
    return { found, problems };
  } finally {
    await log.close();
  }
}

async function readAll(log: AgentLog): Promise<Found[]> {
  const found: Found[] = [];
  for await (const { id, text } of log.scan()) found.push({ id, text });
  return found;
}
