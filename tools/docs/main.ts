/** `npm run docs`: makes the pages anew that are made by a program. */
import { writeFileSync } from 'node:fs';
import { cliPage } from './cli-page.js';

writeFileSync(new URL('../../../docs/cli.md', import.meta.url), cliPage());
