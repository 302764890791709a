import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory that whoever asks for it removes. */
export function newTempDir(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'agentlog-test-')));
}

/** A directory that goes when the running test does. */
export function tempDir(): string {
  const dir = newTempDir();
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
