/** What is asked of the log, and how what it has is shown. */
import type { AgentLog } from '../../api.js';
import type { AgentLogEntry, AgentLogPage } from './api.js';
import { viewOf } from './entry-form.js';

const ALL = Number.MAX_SAFE_INTEGER;

/** To the log, an id that is left out means all tasks; here it is a mistake of the host. */
export function checkTaskId(taskId: string): void {
  if (typeof taskId !== 'string') throw new TypeError(`A taskId must be a string, not ${typeof taskId}`);
}

/** A page, counted back from the newest; undefined when it can hold nothing. */
export function pageOf({ limit, offset, type }: AgentLogPage) {
  const size = limit === undefined ? ALL : wholeNumber(limit);
  return size === 0 ? undefined : { size, offset: wholeNumber(offset), type };
}

export async function readPage(
  log: AgentLog,
  taskId: string,
  { size, offset, type }: NonNullable<ReturnType<typeof pageOf>>,
): Promise<AgentLogEntry[]> {
  const found = await log.entries({ taskId, type, last: Math.min(offset + size, ALL) });
  const end = Math.max(0, found.length - offset);
  return found.slice(Math.max(0, end - size), end).map(viewOf);
}

export async function readRange(
  log: AgentLog,
  taskId: string,
  since: number,
  until: number,
): Promise<AgentLogEntry[]> {
  return (await log.entries({ taskId, since, until, limit: ALL })).map(viewOf);
}

export function timeOf(name: string, text: string): number {
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new TypeError(
      `The ${name} of getAgentLogsByTimeRange must be a time such as 2026-01-31T12:00:00.000Z`,
    );
  return time;
}

/** What is no number counts as 0. */
function wholeNumber(value: number | undefined): number {
  return Number.isFinite(value) ? Math.min(ALL, Math.max(0, Math.floor(value!))) : 0;
}
