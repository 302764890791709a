/** A program that follows a store, and can be killed at any moment: what it got, and where it stands, it saves as one. */
import { readFileSync } from 'node:fs';
import type { Found } from './acknowledged.js';

/**
 * Arguments: `store`, `file`, `filter`. Each entry is a line of the file, with the cursor behind it. Says 'following', and
 * then only what should not be. It is a little slow, so that it is most often killed between two entries that are there.
 */
export const FOLLOWER = `
  import { ftruncateSync, openSync, readFileSync } from 'node:fs';
  const { store, file, filter } = args;
  const fd = openSync(file, 'a+');
  const saved = readFileSync(file);
  // The last line may have been cut off.
  const end = saved.lastIndexOf('\\n') + 1;
  ftruncateSync(fd, end);
  const last = saved.subarray(saved.lastIndexOf('\\n', end - 2) + 1, end).toString();
  const cursor = last === '' ? undefined : JSON.parse(last).cursor;
  const log = await openAgentLog(store, {
    readOnly: true,
    on: { damage: (damage) => say({ damage }), warning: ({ message }) => say({ warning: message }) },
  });
  const follow = log.follow({ ...filter, cursor });
  say('following');
  // Nothing is told; it ends with whoever might.
  hear();
  let got = 0;
  for await (const entry of follow) {
    writeSync(fd, JSON.stringify({ entry, cursor: follow.cursor }) + '\\n');
    if (++got % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
`;

/** What a follower has saved, in the order in which it got it. */
export function savedIn(file: string): Found[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => (JSON.parse(line) as { entry: Found }).entry);
}
