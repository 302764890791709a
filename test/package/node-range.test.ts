import { expect, test } from 'vitest';
import { compareVersions, lowestAdmitted } from '../../src/db/node-range.js';

test.each([
  ['20.x || 22.x || 23.x', '20.0.0'],
  ['22.x || 20.19', '20.19.0'],
  ['>=22', '22.0.0'],
  ['>= 22.5', '22.5.0'],
  ['^22.22.2 || ^24.15.0 || >=26.0.0', '22.22.2'],
  ['>=18 <20', '18.0.0'],
  ['>=18 >=18.3', '18.3.0'],
  ['18 - 20', '18.0.0'],
  ['v21.1.0', '21.1.0'],
  ['~22.4.1', '22.4.1'],
  ['<30', '0.0.0'],
  ['*', '0.0.0'],
  ['', '0.0.0'],
  ['x', '0.0.0'],
])('%s admits Node from %s on', (range, lowest) => {
  expect(lowestAdmitted(range)).toBe(lowest);
});

test.each([
  ['20.19.0', '20.19', 0],
  ['20.9.0', '20.19.0', -1],
  ['22.0.0', '20.19.0', 1],
  ['20.19.1', '20.19.0', 1],
  ['24.0.0-nightly', '24.0.0', 0],
])('%s against %s', (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
});
