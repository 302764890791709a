/** The `agent-log.jsonl` files of Fusion's tasks, each a source of its own. */
import { readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CliError } from '../errors.js';
import { unreachable } from '../store/target.js';
import { JsonLines, type LinesOptions } from './json-lines.js';

const FILE = 'agent-log.jsonl';

/** `path`: one of the files, the `tasks` directory, or the directory that it is in. */
export function fusionFiles(path: string, options: LinesOptions): JsonLines[] {
  const status = statusOf(path);
  if (status.isFile()) return [source(path, status, options)];
  const tasks = join(path, 'tasks');
  const directory = isDirectory(tasks) ? tasks : path;
  const files = readdirSync(directory)
    .sort()
    .map((task) => join(directory, task, FILE))
    .map((file) => [file, statSync(file, { throwIfNoEntry: false })] as const);
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

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

export function statusOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw unreachable(path, error);
  }
}
