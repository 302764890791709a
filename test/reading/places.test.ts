/** Where entries stand is forgotten, and read anew from segments that can no longer be read as before. */
import { expect, test } from 'vitest';
import type { AgentLog } from '../../src/api.js';
import { allOf, Scene } from '../compactor/scene.js';
import { failure } from '../support/simulated-disk.js';

const PER_SEGMENT = 10;

/** A sealed segment, and one that its writer has begun behind it; the reader forgets at once where entries stand. */
async function begin(): Promise<{ scene: Scene; reader: AgentLog; sealed: string }> {
  const scene = new Scene(1);
  const writer = await scene.open('writer', 100_000);
  for (let n = 0; n < PER_SEGMENT; n++) await scene.append(writer, 't', 100);
  await writer.close();
  const reader = await scene.open('reader', 1000, { mostPlaces: 0 });
  for (let n = 0; n < PER_SEGMENT; n++) await scene.append(reader, 't', 100);
  expect(await allOf(reader)).toEqual(scene.expected);
  const [sealed] = scene.filesIn('segments');
  return { scene, reader, sealed: `${scene.paths.segments}/${sealed}` };
}

test.each(['first', 'last'])(
  'entries beside a record that rotted since are read, and it is told (%s)',
  async (which) => {
    const { scene, reader, sealed } = await begin();
    const disk = scene.disk.processNamed('rot');
    const fd = disk.callSync('open', sealed, 2, 0);
    const bytes = Buffer.alloc(disk.callSync('fstat', fd).size);
    disk.callSync('read', fd, bytes, 0, bytes.length, 0);
    const lost = which === 'first' ? 0 : PER_SEGMENT - 1;
    const text = scene.expected[lost]![1];
    disk.callSync('write', fd, Buffer.from('X'), 0, 1, bytes.indexOf(text) + 1);
    const left = scene.expected.filter((_, n) => n !== lost);
    expect(await allOf(reader)).toEqual(left);
    expect((await reader.entries({ last: 100 })).map(({ id }) => id)).toEqual(left.map(([id]) => id));
    expect(await reader.get(left[1]![0])).toMatchObject({ text: left[1]![1] });
    expect(scene.damages).toHaveLength(1);
  },
);

test('entries of a segment that the disk can no longer read are missed, and it is told', async () => {
  const { scene, reader, sealed } = await begin();
  const { ino } = scene.disk.processNamed('looker').callSync('stat', sealed);
  scene.disk.interfere = (process, name, args) => {
    const fd = args[0] as number;
    if (process !== 'reader' || name !== 'read') return undefined;
    if (scene.disk.processNamed('looker').callSync('fstat', fd).ino === ino)
      throw failure('EIO', 'read', sealed);
    return undefined;
  };
  expect(await allOf(reader)).toEqual(scene.expected.slice(PER_SEGMENT));
  expect(scene.damages).toHaveLength(1);
});
