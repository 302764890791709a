/** Runs the `agentlog` command in this thread, and checks what must hold of its output whatever it was given. */
import { Writable } from 'node:stream';
import { explain } from '../../cli/errors.js';
import { Output } from '../../cli/output/output.js';
import { runProgram } from '../../cli/program.js';
import { must } from '../must.js';
import type { Random } from '../random.js';

export interface Printed {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Everything but ends of lines. What chooses a colour is taken out before. */
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const COLOUR = /\u001b\[\d+m/g;
const TRACE = /^ +at .+:\d+:\d+\)?$/m;

export async function runCommand(args: readonly string[], random: Random): Promise<Printed> {
  const [stdout, stderr] = [new Memory(), new Memory()];
  const env: NodeJS.ProcessEnv = {
    COLUMNS: random.pick(['', '20', '80', '160']),
    ...(random.chance(0.5) ? { FORCE_COLOR: '1' } : {}),
  };
  const output = new Output({ stdout: stdout.asStream, stderr: stderr.asStream, env });
  let code: number;
  try {
    code = await runProgram(args, '0.0.0', output);
  } catch (error) {
    const explained = explain(error);
    output.note(explained.message);
    code = explained.exitCode;
  }
  await output.flush();
  return { code, stdout: stdout.text, stderr: stderr.text };
}

export function checkPrinted({ code, stdout, stderr }: Printed, args: readonly string[]): void {
  const about = () => JSON.stringify(args);
  must(code !== null && [0, 1, 2, 3].includes(code), () => `${about()} ended with ${code}`);
  must(!TRACE.test(stderr), () => `${about()} ended with a trace: ${stderr}`);
  must(code !== 1 || stderr !== '' || stdout !== '', () => `${about()} failed without a word`);
  mustNotSteer(stderr, about);
  if (args[0] === 'export') return;
  if (!args.includes('--json') || !/^\s*[{[]/.test(stdout)) mustNotSteer(stdout, about);
  else for (const line of stdout.trimEnd().split('\n')) mustBeJson(line, about);
}

function mustNotSteer(text: string, about: () => string): void {
  const found = STEERING.exec(text.replace(COLOUR, ''));
  must(found === null, () => `${about()} printed ${JSON.stringify(found![0])}`);
}

function mustBeJson(line: string, about: () => string): void {
  try {
    JSON.parse(line);
  } catch {
    throw new Error(`${about()} printed what is no JSON: ${JSON.stringify(line.slice(0, 200))}`);
  }
}

class Memory {
  readonly #pieces: Buffer[] = [];
  readonly #stream = new Writable({
    write: (bytes, _encoding, done) => {
      this.#pieces.push(bytes);
      done();
    },
  });

  get text(): string {
    return Buffer.concat(this.#pieces).toString();
  }

  get asStream(): NodeJS.WriteStream {
    return this.#stream as unknown as NodeJS.WriteStream;
  }
}
