/** What the demo's agents log: from a writer's name and a number follows the whole entry, so that it can be checked. */
import type { Entry } from '../../src/index.js';

export function entryOf(writer: string, number: number): Entry {
  const taskId = `task-${number % 40}`;
  if (number % 5 === 0) {
    return {
      taskId,
      type: 'tool',
      agent: writer,
      text: `npm test ${number}`,
      detail: { timeout: 120_000, number },
    };
  }
  const text = `Step ${number}: ${'reading, thinking, writing. '.repeat(number % 12)}`;
  return { taskId, type: 'text', agent: writer, text };
}

export function isAsWritten(found: Entry, number: number): boolean {
  const { taskId, type, text, detail, agent } = entryOf(found.agent ?? '', number);
  const same = found.taskId === taskId && found.type === type && found.text === text && found.agent === agent;
  return same && JSON.stringify(found.detail) === JSON.stringify(detail);
}
