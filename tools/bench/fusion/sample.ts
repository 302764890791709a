/** The entries of the other benchmarks, as Fusion gives them. */
import type { AgentLogInput } from '../../../src/adapters/fusion.js';
import type { Entry } from '../../../src/entry.js';

export function inputOf({ taskId, type, text, detail }: Entry): AgentLogInput {
  return {
    taskId,
    type: type as AgentLogInput['type'],
    text,
    agent: 'executor',
    detail: detail === undefined ? undefined : JSON.stringify(detail),
  };
}
