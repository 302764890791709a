import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The process that leads at the moment, as the kernel says. Linux only. */
export function leaderOf(store: string): number | undefined {
  const { ino } = statSync(join(store, 'locks/compactor.lock'), { throwIfNoEntry: false }) ?? {};
  for (const line of readFileSync('/proc/locks', 'utf8').split('\n')) {
    // 3: FLOCK  ADVISORY  WRITE 4242 08:01:131099 0 EOF
    const [, kind, , , pid, file] = line.split(/\s+/);
    if (kind === 'FLOCK' && file?.endsWith(`:${ino}`)) return Number(pid);
  }
  return undefined;
}
