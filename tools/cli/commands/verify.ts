/** `agentlog verify`: of a store or of a segment. */
import type { ExitCode, Invocation } from '../definition.js';
import { targetAt } from '../store/target.js';

export async function run(invocation: Invocation<object>): Promise<ExitCode> {
  if (targetAt(invocation.args[0]!) === 'store') {
    const { verifyStore } = await import('./verify-store.js');
    return verifyStore(invocation);
  }
  await invocation.output.line('not yet');
  return 1;
}
