/** `agentlog ls`. */
import type { ExitCode, Invocation } from '../definition.js';

export async function run({ output }: Invocation<object>): Promise<ExitCode> {
  await output.line('not yet');
  return 1;
}
