/**
 * Output that is longer than the screen goes through a pager, as git does it: $AGENTLOG_PAGER, then $PAGER, then less, which
 * ends by itself when all fits on the screen.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { ExitCode } from '../definition.js';
import { type Output, ReaderGone } from './output.js';

type Pager = ChildProcessByStdio<Writable, null, null>;
type Print = (output: Output, signal: AbortSignal) => Promise<ExitCode>;

/** What only a shell understands. */
const FOR_SHELL = /[^\w./+:=@%-]/;
/** Of a shell that cannot start the command. */
const NOT_STARTED = [126, 127];

/** `print` may be called again, with the terminal itself, when the pager cannot be started. */
export async function throughPager(output: Output, print: Print): Promise<ExitCode> {
  const never = new AbortController().signal;
  const pager = await startPager(process.env);
  if (pager === undefined) return print(output, never);
  const stop = new AbortController();
  // Who leaves the pager has seen enough; Ctrl-C is for the pager, and for this process an end of reading.
  const end = () => stop.abort(new ReaderGone());
  const ended = once(pager, 'close');
  pager.once('close', end);
  process.on('SIGINT', end);
  let code: ExitCode = 0;
  const paged = output.through(pager.stdin);
  try {
    code = await print(paged, stop.signal);
    await paged.flush();
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error;
  } finally {
    pager.stdin.end();
    await ended;
    process.off('SIGINT', end);
  }
  return NOT_STARTED.includes(pager.exitCode!) ? print(output, never) : code;
}

/** Undefined when none is wanted, or when there is none. */
async function startPager(env: NodeJS.ProcessEnv): Promise<Pager | undefined> {
  const command = env.AGENTLOG_PAGER ?? env.PAGER ?? 'less';
  if (command === '' || command === 'cat') return undefined;
  const pager = spawn(command, {
    stdio: ['pipe', 'inherit', 'inherit'],
    shell: FOR_SHELL.test(command),
    // Colours as they are, no screen of its own for what fits on this one; whoever has set it knows better.
    env: { LESS: 'FRX', LV: '-c', ...env },
  });
  try {
    await once(pager, 'spawn');
    return pager;
  } catch {
    return undefined;
  }
}
