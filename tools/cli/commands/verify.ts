/** `agentlog verify`: of a store, or of a segment. */
import type { ExitCode, Invocation } from '../definition.js';
import { targetAt } from '../store/target.js';

export async function run(invocation: Invocation<object>): Promise<ExitCode> {
  const { args, options, output } = invocation;
  const path = args[0]!;
  // A store's needs much that a segment's does not.
  if (targetAt(path) === 'store') return (await import('./verify-store.js')).verifyStore(invocation);
  return (await import('./verify-segment.js')).verifySegment(path, options, output);
}
