/**
 * Runs a slow command and shows that it is alive: one line that counts on a terminal, a line every ten seconds
 * elsewhere. Its output is kept and shown only when it fails.
 */
import { spawn } from 'node:child_process';

const TAIL_LINES = 40;

/** @param {number} since */
export function elapsed(since) {
  return `${Math.round((Date.now() - since) / 1000)} s`;
}

/** @param {string} message */
export function say(message) {
  process.stderr.write(`setup: ${message}\n`);
}

/**
 * @param {{
 *   what: string,
 *   command: string,
 *   args: string[],
 *   cwd: string,
 *   env?: NodeJS.ProcessEnv,
 *   rename?: (line: string) => string | undefined,
 * }} job `rename` may read from a line of output what is being done from there on
 * @returns {Promise<{ outcome: 'done' } | { outcome: 'failed', how: string, tail: string }>}
 */
export async function runShown({ what, command, args, cwd, env = process.env, rename }) {
  const begun = Date.now();
  const terminal = process.stderr.isTTY === true && process.env.CI === undefined;
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  /** @type {string[]} */
  const tail = [];
  let doing = what;

  const show = () => {
    if (terminal) process.stderr.write(`\r\x1b[Ksetup: ${doing}, ${elapsed(begun)}`);
    else say(`${doing}, ${elapsed(begun)}`);
  };
  show();
  const clock = setInterval(show, terminal ? 1000 : 10_000);

  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (/** @type {string} */ chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        tail.push(line);
        if (tail.length > TAIL_LINES) tail.shift();
        const next = rename?.(line);
        if (next !== undefined && next !== doing) {
          doing = next;
          show();
        }
      }
    });
    stream.on('end', () => rest !== '' && tail.push(rest));
  }

  // The child hears a Ctrl-C of the terminal itself; a plain kill of this process must be handed on.
  /** @param {NodeJS.Signals} signal */
  const handOn = (signal) => child.kill(signal);
  process.on('SIGINT', handOn).on('SIGTERM', handOn);
  /** @type {string | undefined} */
  const failure = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => {
      resolve(code === 0 ? undefined : signal === null ? `exit code ${code}` : `ended by ${signal}`);
    });
  });
  process.off('SIGINT', handOn).off('SIGTERM', handOn);
  clearInterval(clock);
  if (terminal) process.stderr.write('\r\x1b[K');
  if (failure === undefined) return { outcome: 'done' };
  return { outcome: 'failed', how: `${doing}: ${failure} after ${elapsed(begun)}`, tail: tail.join('\n') };
}
