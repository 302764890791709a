import { fuzz } from './fuzz/fuzz.js';
import type { Suite } from './suite.js';

/** In the order in which they run. */
export const SUITES: readonly Suite[] = [fuzz];
