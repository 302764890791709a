import { expect, it } from 'vitest';
import { checkVersion } from '../../src/db/sqlite-version.js';

it.each([
  '3.51.3',
  '3.51.4',
  '3.52.1',
  '3.53.0',
  '3.53.2',
  '4.0.0',
  '3.50.7',
  '3.50.12',
  '3.44.6',
  '3.44.10',
])('SQLite %s may write', (version) => {
  expect(() => checkVersion(version)).not.toThrow();
});

it.each(['3.7.0', '3.40.1', '3.44.5', '3.45.6', '3.50.6', '3.51.0', '3.51.2', '3.52.0', '2.9.9', '', 'x'])(
  'SQLite %s may not',
  (version) => {
    expect(() => checkVersion(version)).toThrow(expect.objectContaining({ code: 'AGENTLOG_SQLITE_UNSAFE' }));
  },
);
