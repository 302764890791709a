/** An output whose text stays in memory. */
import { Writable } from 'node:stream';
import { Output } from '../../../tools/cli/output/output.js';

export function memoryOutput(columns: number): { output: Output; text(): Promise<string> } {
  const parts: string[] = [];
  const stream = () =>
    new Writable({
      decodeStrings: false,
      write(chunk: string, _, done) {
        parts.push(chunk);
        done();
      },
    }) as unknown as NodeJS.WriteStream;
  const output = new Output({ stdout: stream(), stderr: stream(), env: { COLUMNS: String(columns) } });
  return {
    output,
    async text() {
      await output.flush();
      return parts.join('');
    },
  };
}
