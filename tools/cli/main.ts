#!/usr/bin/env node
/** The `agentlog` command. */
import { readFileSync } from 'node:fs';
import { explain } from './errors.js';
import { Output, ReaderGone } from './output/output.js';
import { runProgram } from './program.js';

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const output = new Output();
try {
  process.exitCode = await runProgram(process.argv.slice(2), version, output);
  await output.flush();
} catch (error) {
  if (!(error instanceof ReaderGone)) {
    const { message, exitCode } = explain(error);
    // What was found so far stands before what went wrong.
    await output.flush().catch(() => undefined);
    output.note(`agentlog: ${message}`);
    process.exitCode = exitCode;
  }
}
