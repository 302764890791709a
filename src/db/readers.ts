/** Who reads a database in WAL mode at the moment: the holders of the locks on its shared memory, where the system tells. */
import { readFileSync, statSync } from 'node:fs';

/** The bytes of the file that readers lock: SQLite's file format, "WAL locks". */
const FIRST_READ_LOCK = 123;
const LAST_READ_LOCK = 127;

/** A list of processes, for people. Reads what the kernel says of its locks; no file of the database is opened. */
export function readersOf(shmPath: string): string {
  try {
    const { ino } = statSync(shmPath);
    const pids = new Set<number>();
    for (const line of readFileSync('/proc/locks', 'utf8').split('\n')) {
      // 3: POSIX  ADVISORY  READ 4242 08:01:131099 124 124
      const [, kind, , , pid, file, from, to] = line.replace('-> ', '').split(/\s+/);
      const isReadLock = Number(from) >= FIRST_READ_LOCK && Number(to) <= LAST_READ_LOCK;
      if (kind === 'POSIX' && isReadLock && file?.endsWith(`:${ino}`)) pids.add(Number(pid));
    }
    return pids.size === 0 ? 'a process that cannot be named' : [...pids].map(nameOf).join(', ');
  } catch {
    return 'a process that cannot be named here';
  }
}

function nameOf(pid: number): string {
  if (pid === process.pid) return `this process (${pid})`;
  try {
    return `process ${pid} (${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()})`;
  } catch {
    return `process ${pid}`;
  }
}
