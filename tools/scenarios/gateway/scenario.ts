import { cpus } from 'node:os';
import { Process } from '../../torture/processes/process.js';
import type { Scenario } from '../scenario.js';
import { gatewaysWay } from './old-way.js';

const READER = new URL('./reader-child.js', import.meta.url);
const LOAD = new URL('./load-child.js', import.meta.url);
const READERS = 2;

export const gateway: Scenario = {
  name: 'gateway',
  whose: 'hermes-agent',
  about:
    'a gateway takes messages while others read long and keep every processor busy; SIGTERM, and SIGKILL 1.5 s later',
  program: new URL('./gateway-child.js', import.meta.url),
  processes: 1,
  each: { full: 60_000, quick: 6000 },
  ends: { full: 8, quick: 2 },
  graceMs: 1500,
  longest: 160,
  oldWay: gatewaysWay,
  companions: (side, directory) => [
    ...Array.from({ length: READERS }, () => new Process(READER, { args: { side, directory } })),
    // With the gateway and its readers that is twice as many as there are processors.
    ...cpus()
      .slice(1)
      .map(() => new Process(LOAD)),
  ],
};
