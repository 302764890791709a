/** What the disk is given when little is logged: ten entries a second, each acknowledged by itself. */
import { resultOf } from './child.js';
import { number, type Report } from './report.js';
import type { TrickleResult } from './trickle-child.js';
import { Workplace } from './workplace.js';

const PAGE = 4096;
const LIMIT_PAGES = 1.5;

export async function benchTrickle(quick: boolean): Promise<Report[]> {
  const seconds = quick ? 10 : 120;
  const { entries, writeBytes, logged } = await Workplace.during((place) =>
    place.within((directory) =>
      resultOf<TrickleResult>(new URL('./trickle-child.js', import.meta.url), [directory, seconds]),
    ),
  );
  const pages = writeBytes / PAGE / entries;
  return [
    {
      title: `Ten entries a second for ${seconds} seconds, from before the store is opened until after it is closed`,
      rows: [
        ['', 'entries', 'bytes/entry in the file', 'bytes written', 'pages/entry'],
        ['agentlog', number(entries), number(logged / entries), number(writeBytes), number(pages, 2)],
      ],
      bars: [
        {
          what: 'pages of 4 KiB written for each entry',
          bar: `<= ${LIMIT_PAGES}`,
          measured: number(pages, 2),
          met: pages <= LIMIT_PAGES,
        },
      ],
    },
  ];
}
