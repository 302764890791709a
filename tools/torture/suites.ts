import { endurance } from './endurance/suite.js';
import { fuzz } from './fuzz/fuzz.js';
import { kills } from './kills/suite.js';
import { large } from './large/suite.js';
import { mutants } from './mutants/suite.js';
import { powerCuts } from './power-cuts/power-cuts.js';
import { rot } from './rot/rot.js';
import { smallDisks } from './small-disks/suite.js';
import type { Suite } from './suite.js';
import { systemCalls } from './system-calls/suite.js';

/** In the order in which they run. */
export const SUITES: readonly Suite[] = [
  powerCuts,
  kills,
  systemCalls,
  smallDisks,
  rot,
  fuzz,
  large,
  endurance,
  mutants,
];
