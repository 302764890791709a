/** Following writers that die. */
import { expect, test } from 'vitest';
import { Scene } from '../compactor/scene.js';
import { failure } from '../support/simulated-disk.js';

const entry = (text: string) => ({ taskId: 't', type: 'text', text });

test.each([0, 3_600_000])(
  'the last batch of a dead writer comes before what its slot holds next, asked about or not (patience: %i)',
  async (patience) => {
    const scene = new Scene(1);
    const writer = await scene.open('first');
    const reader = await scene.open('reader', 1000, { patience });
    const follow = reader.follow();
    await writer.append(entry('acknowledged'));
    expect((await follow.next()).value).toMatchObject({ text: 'acknowledged' });
    // It dies when its batch is in the file, and not synced.
    const died = new Promise<void>((resolve) => {
      scene.disk.interfere = (process, name) => {
        if (process !== 'first' || name !== 'fdatasync') return undefined;
        scene.disk.interfere = () => undefined;
        scene.kill('first');
        resolve();
        throw failure('EDEAD', name, process);
      };
    });
    writer.append(entry('written'));
    await died;
    scene.pass(60_000);
    const next = await scene.open('next');
    expect((await next.stats()).slot).toBe(0);
    await next.append(entry('of the next one'));
    expect((await follow.next()).value).toMatchObject({ text: 'written' });
    expect((await follow.next()).value).toMatchObject({ text: 'of the next one' });
    await reader.close();
  },
);
