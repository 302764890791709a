/** A detail that no agentlog has written: its checksums are right, and it is no JSON. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { formatId } from '../../src/entry-id.js';
import { SegmentImage } from '../../src/segment/segment-image.js';
import { formatSegmentName } from '../../src/segment/segment-name.js';
import { agentlog } from '../cli/support/cli.js';
import { entryOf, headerOf, idAt } from '../support/segments.js';
import { openStore, storePath } from './support/stores.js';

test('is told by its id, in a segment and as a row, and all else is read', async () => {
  const store = storePath();
  const log = await openStore(store);
  const header = headerOf(7);
  const image = new SegmentImage(header)
    .entry(entryOf('before', { taskId: 'a' }), idAt(1))
    .entry(entryOf('forged', { taskId: 'b', detail: '{"n":' }), idAt(2))
    .endBatch();
  const name = formatSegmentName({ ...header, state: 'sealed' });
  writeFileSync(join(store, 'segments', name), image.seal().bytes());
  const id = formatId(idAt(2).high, idAt(2).low);
  for (const state of ['waits', 'is a row']) {
    const problem = expect.objectContaining({ code: 'AGENTLOG_IO', message: expect.stringContaining(id) });
    await expect(log.entries(), state).rejects.toEqual(problem);
    await expect(log.get(id), state).rejects.toEqual(problem);
    expect((await log.entries({ taskId: 'a' })).map(({ text }) => text)).toEqual(['before']);
    const exported = await agentlog(['export', store]);
    expect(exported).toMatchObject({ code: 3, stdout: expect.stringContaining('"before"') });
    expect(exported.stderr).toContain(id);
    expect(exported.stderr).not.toMatch(/\n {4}at /);
    await log.compact();
  }
});
