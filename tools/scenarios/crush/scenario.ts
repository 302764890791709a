import type { Scenario } from '../scenario.js';
import { crushsWay } from './old-way.js';

export const crush: Scenario = {
  name: 'crush',
  whose: 'crush',
  about: '10 sub-agents of one process stream their answers side by side; it is killed in the middle',
  program: new URL('./crush-child.js', import.meta.url),
  processes: 1,
  each: { full: 20_000, quick: 1000 },
  ends: { full: 6, quick: 2 },
  longest: 40,
  oldWay: crushsWay,
};
