/** `npm run docs`: makes the pages anew that a program makes; with `-- --pictures` those of the README, too. */
import { writeFileSync } from 'node:fs';
import { cliPage } from './cli-page.js';
import { makePictures } from './pictures.js';

writeFileSync(new URL('../../../docs/cli.md', import.meta.url), cliPage());
if (process.argv.includes('--pictures')) await makePictures();
