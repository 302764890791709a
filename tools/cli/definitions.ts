/** All commands, in the order in which help lists them. */
import type { CommandDefinition } from './definition.js';
import { IMPORT } from './definitions/importing.js';
import { EXPORT, LOG, SQL, TASKS } from './definitions/reading.js';
import { DUMP, INSPECT, LS, SALVAGE, VERIFY } from './definitions/segments.js';
import { BACKUP, COMPACT, PRUNE, REBUILD, STATUS } from './definitions/stores.js';

export const COMMANDS: readonly CommandDefinition[] = [
  STATUS,
  LOG,
  TASKS,
  LS,
  INSPECT,
  DUMP,
  VERIFY,
  SQL,
  EXPORT,
  IMPORT,
  COMPACT,
  PRUNE,
  BACKUP,
  REBUILD,
  SALVAGE,
];
