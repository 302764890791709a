/** The `agent-log.jsonl` files of Fusion's tasks, each a source of its own. */
import { readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CliError, UsageError } from '../errors.js';
import { unreachable } from '../store/target.js';
import { JsonLines, type LinesOptions } from './json-lines.js';

const FILE = 'agent-log.jsonl';

/** `path`: one of the files, the directory of one, the `tasks` directory, or the directory that it is in. */
export function fusionFiles(path: string, options: LinesOptions): JsonLines[] {
  const status = statusOf(path);
  if (status.isFile()) return [source(path, status, options)];
  if (!status.isDirectory()) throw new UsageError(`${path} is neither a file nor a directory`);
  const tasks = join(path, 'tasks');
  const directory = statusIfThere(tasks)?.isDirectory() === true ? tasks : path;
  const paths = listed(directory)
    .sort()
    .map((task) => join(directory, task, FILE));
  // Where there are tasks, a file beside them is none's.
  let found = filesAt(paths, options);
  if (found.length === 0) found = filesAt([join(path, FILE)], options);
  if (found.length === 0) throw new CliError(`${path} has no ${join('tasks', 'ID', FILE)}`);
  return found;
}

function filesAt(paths: readonly string[], options: LinesOptions): JsonLines[] {
  return paths.flatMap((path) => {
    const status = statusIfThere(path);
    return status?.isFile() === true ? [source(path, status, options)] : [];
  });
}

/** Lines name their task themselves; where one does not, the directory does. */
function source(file: string, { size }: Stats, options: LinesOptions): JsonLines {
  return new JsonLines(file, size, { ...options, taskId: basename(dirname(file)) });
}

function listed(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    throw unreachable(directory, error);
  }
}

/** Beside the directories of tasks there may be files, too. */
function statusIfThere(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreachable(path, error);
  }
}

export function statusOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw unreachable(path, error);
  }
}
