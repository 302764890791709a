/** What every fault suite is given, and what it gives back: cases from one seed, figures, and failures that can be repeated. */
import type { Random } from './random.js';

/** One kind of fault, done to real stores. */
export interface Suite {
  /** As on the command line. */
  readonly name: string;
  /** What is done, in a line. */
  readonly about: string;
  /** Why it cannot run here, if it cannot. */
  missing?(): string | undefined;
  run(run: Run): Promise<void>;
}

export interface Run {
  readonly seed: number;
  /** 'short' is what every run of the tests does, 'long' what the report in the docs shows. */
  readonly form: 'short' | 'long';
  /** For suites that go by the clock; undefined is what the form says. */
  readonly minutes: number | undefined;
  /** Only this case, as a failure named it. */
  readonly only: string | undefined;
  /** An empty directory on a disk, gone after the run. */
  readonly directory: string;
  /** The same for the same seed and name, whatever else was drawn. */
  random(name: string): Random;
  /** Adds to a figure of the report: 'cases', 'kills', 'entries compared', ... */
  count(figure: string, by?: number): void;
  /** A figure that is no sum. */
  figure(name: string, value: string | number): void;
  /** A part of the suite that cannot run here, and why. */
  skip(part: string, why: string): void;
  /** The case failed; the run goes on. */
  fail(name: string, problem: unknown): void;
}
