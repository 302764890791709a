/** The lock of a file in `locks/` that one handle of a store may have at a time. */
import { call, leadsTo, openOrCreate, type Steps } from './steps.js';

/** Never waits. The descriptor that holds it until it is closed; undefined when another one does. */
export function* takeFileLock(path: string): Steps<number | undefined> {
  const fd = yield* openOrCreate(path);
  let taken = false;
  try {
    taken = (yield* call('flock', fd)) && (yield* leadsTo(path, fd));
    return taken ? fd : undefined;
  } finally {
    if (!taken) yield* call('close', fd);
  }
}
