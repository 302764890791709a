/** An entry as JSON: the text of JSON.stringify, made in less time, as an export spends most of its own on it. */
import type { StoredEntry } from '../../../src/entry.js';
import { quote } from '../../../src/json-text.js';

export function jsonOf({ id, taskId, type, text, timestamp, agent, detail }: StoredEntry): string {
  const names = `{"id":"${id}","taskId":${quote(taskId)},"type":${quote(type)}`;
  const who = agent === undefined ? '' : `,"agent":${quote(agent)}`;
  const more = detail === undefined ? '' : `,"detail":${JSON.stringify(detail)}`;
  return `${names},"text":${quote(text)},"timestamp":${timestamp}${who}${more}}`;
}
