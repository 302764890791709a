import type { Scenario } from '../scenario.js';
import { kanbansWay } from './old-way.js';

export const kanban: Scenario = {
  name: 'kanban',
  whose: 'hermes-agent',
  about: '20 processes create 220 tasks each, all at once',
  program: new URL('./creator-child.js', import.meta.url),
  processes: 20,
  each: { full: 220, quick: 20 },
  ends: { full: 0, quick: 0 },
  longest: 300,
  oldWay: kanbansWay,
};
