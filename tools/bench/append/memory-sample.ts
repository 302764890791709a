/** What is looked at of a process's memory. */
export const METRICS = ['rss', 'heapUsed', 'external', 'arrayBuffers'] as const;

export type Metric = (typeof METRICS)[number];
export type Sample = Readonly<Record<Metric, number>>;
