/** A process that runs one case after the other, as it is told their numbers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { say } from '../../bench/parent.js';
import { runCase, type Template } from './case.js';

const [directory, seed, templates] = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as [
  string,
  number,
  Template[],
];

process.on('message', async (number: number) => {
  const template = templates[number % templates.length]!;
  say(await runCase(template, join(directory, `case-${number}`), seed, number));
});
