/** The way in. */

import type { AgentLog } from './api.js';
import type { CompactorReports } from './compactor/compactor.js';
import { USUAL_TIMING } from './compactor/leadership.js';
import { PROTOCOL } from './compactor/messages.js';
import { findWorker, WorkerLink } from './compactor/worker-link.js';
import type { JsonValue } from './entry.js';
import { AgentLogError } from './errors.js';
import { openOn, USUAL } from './handle.js';
import { type AgentLogOptions, checkOptions } from './options.js';
import { nodeDisk } from './segment/disk.js';
import { lockPackage } from './segment/flock.js';
import type { StorePaths } from './segment/store-directory.js';

/** Opens the store in `directory`, or makes one there. What earlier processes left unfinished is recovered first. */
export async function openAgentLog<Detail = JsonValue>(
  directory: string,
  options?: AgentLogOptions<Detail>,
): Promise<AgentLog<Detail>> {
  if (typeof directory !== 'string' || directory === '') {
    throw new TypeError('The directory of openAgentLog must be a path: a string that is not empty');
  }
  const checked = checkOptions(options);
  if (process.platform === 'win32') {
    const message = 'agentlog needs flock(2) and directories that can be synced, and Windows has neither';
    throw new AgentLogError('AGENTLOG_UNSUPPORTED_PLATFORM', message);
  }
  // Should the lock be missing, nothing must have been made.
  lockPackage();
  if (checked.readOnly || !checked.compact) return openOn(nodeDisk, directory, checked);
  const worker = findWorker(checked.worker);
  const { archiveBytes, fullText, allowUnsafeSqlite } = checked;
  const start = {
    task: 'compactor' as const,
    protocol: PROTOCOL,
    roundBytes: USUAL_TIMING.roundBytes,
    archiveBytes,
    fullText,
    allowUnsafeSqlite,
  };
  const makeRunner = (paths: StorePaths, reports: CompactorReports) =>
    new WorkerLink(worker, { ...start, paths }, reports);
  return openOn(nodeDisk, directory, checked, { ...USUAL, compaction: { timing: USUAL_TIMING, makeRunner } });
}
