import { linkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileIdentity, isThere } from '../../src/db/file-identity.js';
import { tempDir } from '../package/support/temp-dir.js';

test('one file has one identity by whatever name, and another one has another', () => {
  const [one, other] = ['one', 'other'].map((name) => join(tempDir(), name));
  for (const path of [one!, other!]) writeFileSync(path, '');
  linkSync(one!, `${one}-too`);
  expect(fileIdentity(`${one}-too`)).toBe(fileIdentity(one!));
  expect(fileIdentity(other!)).not.toBe(fileIdentity(one!));
  expect(isThere(one!)).toBe(true);
});

test('what cannot be looked at is not taken for what is not there', () => {
  const directory = tempDir();
  expect(isThere(join(directory, 'nothing'))).toBe(false);
  symlinkSync('circle', join(directory, 'circle'));
  expect(() => isThere(join(directory, 'circle', 'file'))).toThrow(/ELOOP/);
});
