/**
 * The files that take longest begin first, so that none of them runs alone at the end, with one core idle. vitest's own
 * order knows durations only where it has run before, and goes by the sizes of files elsewhere.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Longest first. */
const LONG = [
  'torture',
  'sql',
  'read-only',
  'setup',
  'crash/healing',
  'install',
  'reading-killed-leaders',
  'compaction-leader',
  'store-lives-odd',
  'store-lives-even',
  'search',
  'killed-writers',
  'compaction-failures',
  'compact-promise',
  'rot',
  'crash-points',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return at === -1 ? LONG.length : at;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
