/** SQLite follows a link in the place of a database, so nobody lets it open one. Of its log and index it refuses links itself. */
import { lstatSync } from 'node:fs';
import { AgentLogError } from '../errors.js';

export function refuseLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new AgentLogError('AGENTLOG_IO', `${path} is a symbolic link, and a store's database may be none`);
}
