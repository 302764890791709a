/** Changes to the bytes of a good file, without care for its checksums. */
import type { Random } from '../random.js';

/** Keep every other byte where it is. */
const IN_PLACE: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  (bytes, random) => {
    const rotten = Buffer.from(bytes);
    rotten[random.below(bytes.length)]! ^= 1 << random.below(8);
    return rotten;
  },
  (bytes, random) => {
    const rotten = Buffer.from(bytes);
    random.bytes(random.between(1, 100)).copy(rotten, random.below(bytes.length));
    return rotten;
  },
  (bytes, random) => filled(bytes, random, 0),
  (bytes, random) => filled(bytes, random, random.pick([0xff, 0xfe, 0x20, 1])),
  (bytes, random) => {
    const rotten = Buffer.from(bytes);
    const [from, to] = [random.below(bytes.length), random.below(bytes.length)];
    bytes.copy(rotten, to, from, from + random.between(1, 1000));
    return rotten;
  },
  (bytes, random) => {
    // Sectors that have changed places.
    const size = random.pick([8, 64, 512]);
    const sectors = Math.floor(bytes.length / size);
    const rotten = Buffer.from(bytes);
    const [a, b] = [random.below(sectors) * size, random.below(sectors) * size];
    bytes.copy(rotten, a, b, b + size);
    bytes.copy(rotten, b, a, a + size);
    return rotten;
  },
];

/** Change where the bytes behind them stand. */
const SHIFTING: typeof IN_PLACE = [
  (bytes, random) => {
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + lengthOf(random))]);
  },
  (bytes, random) => {
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), random.bytes(random.below(100)), bytes.subarray(at)]);
  },
  (bytes, random) => {
    const at = random.below(bytes.length);
    const repeated = bytes.subarray(Math.max(0, at - lengthOf(random)), at);
    return Buffer.concat([bytes.subarray(0, at), repeated, bytes.subarray(at)]);
  },
];

function filled(bytes: Buffer, random: Random, value: number): Buffer {
  const from = random.below(bytes.length);
  return Buffer.from(bytes).fill(value, from, Math.min(bytes.length, from + random.between(1, 1500)));
}

/** Often a multiple of what records are aligned to. */
function lengthOf(random: Random): number {
  return random.chance(0.5) ? 8 * random.below(60) : random.below(400);
}

/** A few changes that leave every byte that is not changed where it was; maybe the file ends early. */
export function rotInPlace(bytes: Buffer, random: Random): Buffer {
  return rotWith(IN_PLACE, bytes, random);
}

/** A few changes of any kind. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  return rotWith([...IN_PLACE, ...SHIFTING], bytes, random);
}

function rotWith(changes: typeof IN_PLACE, bytes: Buffer, random: Random): Buffer {
  let rotten = bytes;
  for (let n = random.between(1, 6); n > 0 && rotten.length > 0; n--)
    rotten = random.pick(changes)(rotten, random);
  return random.chance(0.1) ? rotten.subarray(0, random.below(rotten.length + 1)) : rotten;
}
