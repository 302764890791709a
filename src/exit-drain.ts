/**
 * Writes what waits in memory when the process ends: by `process.exit()`, by an error that nobody caught, or because
 * nothing is left to do. One listener serves all open stores; no signal handler is installed.
 */
const drains = new Set<() => void>();

/** `drain` is called synchronously at exit. Returns what ends that. */
export function drainAtExit(drain: () => void): () => void {
  if (drains.size === 0) process.on('exit', drainAll);
  drains.add(drain);
  return () => {
    drains.delete(drain);
    if (drains.size === 0) process.off('exit', drainAll);
  };
}

function drainAll(): void {
  for (const drain of drains) {
    try {
      drain();
    } catch (error) {
      // Too late for any event, and too important for silence.
      process.stderr.write(`agentlog: not everything could be written at exit: ${String(error)}\n`);
    }
  }
}
