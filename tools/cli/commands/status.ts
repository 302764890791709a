/** `agentlog status`: how a store is, on one screen. */
import type { ExitCode, Invocation } from '../definition.js';
import { Screen } from '../status/screen.js';
import { statusOf } from '../status/status.js';
import { findStore } from '../store/find-store.js';

export async function run({ args, options, output }: Invocation<object>): Promise<ExitCode> {
  const path = args[0]!;
  const status = await statusOf(findStore(path, options), path);
  if (options.json) await output.json(status);
  else await output.print(new Screen(output, status).toString());
  return status.health === 'damaged' ? 3 : 0;
}
