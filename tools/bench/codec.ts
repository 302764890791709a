/** Why payloads are length-prefixed fields and not JSON, and why short ranges are not summed by zlib. */
import { crc32 as zlibCrc32 } from 'node:zlib';
import CRC32 from 'crc-32';
import { crc32 } from '../../src/segment/crc.js';
import { decodeEntry, encodeEntry } from '../../src/segment/entry-payload.js';
import { measure } from './measure.js';
import { number, type Report } from './report.js';
import { checkedSample } from './sample.js';

const ENTRIES = 2000;
const ROUND = 20;

export function benchCodec(): Report[] {
  return [payloads(), ...[28, 128, 450, 512, 1024, 16_384].map(checksums)];
}

function payloads(): Report {
  const entries = checkedSample(ENTRIES);
  const target = Buffer.alloc(ENTRIES * 1024);
  const places = (encode: (i: number, at: number) => number): number[] => {
    const ends = [0];
    for (let i = 0; i < ENTRIES; i++) ends.push(encode(i, ends[i]!));
    return ends;
  };
  const asFields = (i: number, at: number) => encodeEntry(entries[i]!, target, at);
  const asJson = (i: number, at: number) => at + target.write(jsonOf(i), at);
  const jsonOf = (i: number) => {
    const { detail, ...rest } = entries[i]!;
    return detail === undefined
      ? JSON.stringify(rest)
      : `${JSON.stringify(rest).slice(0, -1)},"detail":${detail}}`;
  };
  const times = (step: () => void) => () => {
    for (let i = 0; i < ROUND; i++) step();
    return ROUND * ENTRIES;
  };
  const fieldPlaces = places(asFields);
  const fields = Buffer.from(target);
  const jsonPlaces = places(asJson);
  const json = Buffer.from(target);
  const figures = measure([
    { name: 'fields, encode', run: times(() => places(asFields)) },
    { name: 'JSON, encode', run: times(() => places(asJson)) },
    {
      name: 'fields, decode',
      run: times(() => {
        for (let i = 0; i < ENTRIES; i++) decodeEntry(fields, fieldPlaces[i]!, fieldPlaces[i + 1]!);
      }),
    },
    {
      name: 'JSON, decode',
      run: times(() => {
        for (let i = 0; i < ENTRIES; i++)
          JSON.parse(json.toString('utf8', jsonPlaces[i]!, jsonPlaces[i + 1]!));
      }),
    },
  ]);
  const size = (ends: number[]) => number(ends[ENTRIES]! / ENTRIES);
  const sizes = [size(fieldPlaces), size(jsonPlaces), '', ''];
  return {
    title: 'The payload of an entry',
    rows: [
      ['', 'ns/entry', 'bytes'],
      ...figures.map(({ name, nanosecondsPerUnit }, i) => [name, number(nanosecondsPerUnit), sizes[i]!]),
    ],
  };
}

function checksums(length: number): Report {
  const bytes = Buffer.alloc(1 << 20, 'agentlog');
  const calls = Math.ceil(2_000_000 / length);
  const sum = (one: (start: number, seed: number) => number) => () => {
    let total = 0;
    for (let i = 0; i < calls; i++) total ^= one((i * 8) & 0xffff, i);
    return total === 0.5 ? 0 : calls;
  };
  const figures = measure([
    { name: 'this project', run: sum((start, seed) => crc32(bytes, start, start + length, seed)) },
    {
      name: 'crc-32 over a view',
      run: sum((start, seed) => CRC32.buf(bytes.subarray(start, start + length), seed)),
    },
    {
      name: 'zlib over a view',
      run: sum((start, seed) => zlibCrc32(bytes.subarray(start, start + length), seed)),
    },
  ]);
  return {
    title: `CRC-32 of ${number(length)} bytes`,
    rows: [
      ['', 'ns/call', 'to first'],
      ...figures.map(({ name, nanosecondsPerUnit, ratioToFirst }) => [
        name,
        number(nanosecondsPerUnit),
        number(ratioToFirst, 2),
      ]),
    ],
  };
}
