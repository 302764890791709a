/** The log of a program that is built like Fusion: what its task store offers of logs, kept by agentlog. */
import { openAgentLog } from '../agent-log.js';
import { type AgentLogListeners, EVENT_NAMES, Events } from '../events.js';
import { checkOptions } from '../options.js';
import type { AgentLogStore, AgentLogStoreOptions } from './fusion/api.js';
import { Store } from './fusion/store.js';

export type {
  AgentLogEntry,
  AgentLogInput,
  AgentLogPage,
  AgentLogStore,
  AgentLogStoreEvents,
  AgentLogStoreListener,
  AgentLogStoreOptions,
  AgentLogTiming,
  AgentLogType,
  AgentRole,
  PrunedAgentLogs,
} from './fusion/api.js';

/** Opens the store in `directory`, or makes one there. */
export async function createAgentLogStore(
  directory: string,
  options: AgentLogStoreOptions = {},
): Promise<AgentLogStore> {
  const { capToolDetail = false, ...others } = options;
  if (typeof capToolDetail !== 'boolean')
    throw new TypeError('The option capToolDetail must be true or false');
  const checked = checkOptions(others, ['capToolDetail']);
  const events = new Events(checked.on);
  const on: AgentLogListeners = Object.fromEntries(
    EVENT_NAMES.map((name) => [name, (event: never) => events.emit(name, event)]),
  );
  // What is logged has been redacted before, so that those who listen get the same.
  const log = await openAgentLog(directory, { ...others, on, redact: undefined });
  return new Store({ log, options: checked, capToolDetail, events });
}
