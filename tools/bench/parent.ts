/** The other side of child.ts: how a process of a benchmark talks with the one that started it. */
import { once } from 'node:events';

// Whoever started this process is gone, so nobody waits for what it does.
process.once('disconnect', () => process.exit(1));

export function say(message: unknown): void {
  process.send!(message);
}

/** Resolves at the parent's next message. */
export async function nextMessage(): Promise<void> {
  await once(process, 'message');
}

/** Lets the process end once it has nothing left to do. */
export function leave(): void {
  process.removeAllListeners('disconnect');
  process.disconnect();
}
