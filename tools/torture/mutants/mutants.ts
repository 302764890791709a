import { COMPACTING } from './list/compacting.js';
import { EMBEDDING } from './list/embedding.js';
import { JUDGING } from './list/judging.js';
import { MENDING } from './list/mending.js';
import { READING } from './list/reading.js';
import { SLOTS } from './list/slots.js';
import { WRITING } from './list/writing.js';
import type { Mutant } from './mutant.js';

export const MUTANTS: readonly Mutant[] = [
  ...WRITING,
  ...SLOTS,
  ...JUDGING,
  ...COMPACTING,
  ...READING,
  ...MENDING,
  ...EMBEDDING,
];
