/** The `agent-log.jsonl` files of Fusion's tasks, each a source of its own. */
import { readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CliError, UsageError } from '../errors.js';
import { unreachable } from '../store/target.js';
import { JsonLines, type LinesOptions } from './json-lines.js';

const FILE = 'agent-log.jsonl';

/** `path`: one of the files, the `tasks` directory, or the directory that it is in. */
export function fusionFiles(path: string, options: LinesOptions): JsonLines[] {
  const status = statusOf(path);
  if (status.isFile()) return [source(path, status, options)];
  if (!status.isDirectory()) throw new UsageError(`${path} is neither a file nor a directory`);
  const tasks = join(path, 'tasks');
  const directory = statusIfThere(tasks)?.isDirectory() === true ? tasks : path;
  const files = listed(directory)
    .sort()
    .map((task) => join(directory, task, FILE))
    .map((file) => [file, statusIfThere(file)] as const);
  const found = files.flatMap(([file, there]) =>
    there?.isFile() === true ? [source(file, there, options)] : [],
  );
  if (found.length === 0) throw new CliError(`${path} has no ${join('tasks', 'ID', FILE)}`);
  return found;
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
