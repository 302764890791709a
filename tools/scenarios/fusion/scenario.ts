import type { Scenario } from '../scenario.js';
import { fusionsWay } from './old-way.js';

export const fusion: Scenario = {
  name: 'fusion',
  whose: 'Fusion',
  about:
    '4 agents and 20 spawned ones in two processes, texts every 500 ms and tools at once, compressed 25 times; either is killed',
  program: new URL('./agents-child.js', import.meta.url),
  processes: 2,
  each: { full: 14_500, quick: 500 },
  ends: { full: 12, quick: 2 },
  longest: 400,
  oldWay: fusionsWay,
};
