/** Ctrl-C of what takes its time: it is told to end, and only a second one ends the process as it is. */
import { CliError } from './errors.js';

/** `after`: what is left behind, for people. */
export async function untilInterrupted<Result>(
  after: string,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const interrupted = () => controller.abort();
  process.once('SIGINT', interrupted);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) throw new CliError(`interrupted; ${after}`, 1, error);
    throw error;
  } finally {
    process.off('SIGINT', interrupted);
  }
}
