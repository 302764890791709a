/** When a follow looks, and what it leaves behind. */
import { EventEmitter, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Changes } from '../../src/reading/changes.js';
import { formatCursor } from '../../src/reading/cursor.js';
import { Follow } from '../../src/reading/follow.js';
import { Position } from '../../src/reading/position.js';
import { lastSeen } from '../../src/reading/retention.js';
import { Scene } from '../compactor/scene.js';
import { tempDir } from '../package/support/temp-dir.js';
import { placeIn, type TestPlace } from './place.js';

/** Tells of changes when the test says so, and lets nobody look otherwise. */
class ToldChanges {
  readonly #told = new EventEmitter();

  /** It is asked for by whoever begins to wait. */
  get lookEvery(): number {
    this.#told.emit('wait');
    return 2 ** 30;
  }

  async someoneWaits(): Promise<void> {
    await once(this.#told, 'wait');
  }

  get listeners(): number {
    return this.#told.listenerCount('change');
  }

  listen(listener: () => void): () => void {
    this.#told.on('change', listener);
    return () => this.#told.off('change', listener);
  }

  tell(): void {
    this.#told.emit('change');
  }
}

function follow(place: TestPlace, changes: ToldChanges, signal?: AbortSignal, taskId?: string) {
  const ended: Follow[] = [];
  const follow = new Follow({
    place,
    changes: changes as unknown as Changes,
    filter: { taskId },
    position: new Position(),
    storeId: 'store',
    signal,
    onEnd: (one) => ended.push(one),
  });
  onTestFinished(() => follow.end());
  return { follow, ended };
}

async function textOf(next: Promise<IteratorResult<{ text: string }, void>>): Promise<string | undefined> {
  return (await next).value?.text;
}

test('it looks again when it is told of a change, also of one that comes while it looks', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a', 100_000);
  const [place, changes] = [placeIn(scene), new ToldChanges()];
  const { follow: following } = follow(place, changes);
  await scene.append(log);
  await following.next();
  const second = following.next();
  scene.disk.interfere = (process, call) => {
    if (process !== 'reader' || call !== 'read') return undefined;
    scene.disk.interfere = () => undefined;
    // It has been read what waits already, or is being read: only the next look can find it.
    queueMicrotask(() => {
      log.appendSync({ taskId: 't', type: 'text', text: 'while it looks' });
      changes.tell();
    });
    return undefined;
  };
  changes.tell();
  expect(await textOf(second)).toBe('while it looks');
  const waits = changes.someoneWaits();
  const third = following.next();
  await waits;
  log.appendSync({ taskId: 't', type: 'text', text: 'while it waits' });
  changes.tell();
  expect(await textOf(third)).toBe('while it waits');
});

test('while it waits, its cursor is behind all that it has passed over', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a');
  for (let n = 0; n < 5; n++) await scene.append(log, 'other');
  const [place, changes] = [placeIn(scene), new ToldChanges()];
  const { follow: following } = follow(place, changes, undefined, 't');
  const waits = changes.someoneWaits();
  void following.next();
  await waits;
  expect(following.cursor).toBe(formatCursor(await lastSeen(place), 'store'));
});

test.runIf(process.platform === 'linux')(
  'the kernel tells of changes as long as anybody listens',
  async () => {
    const directory = tempDir();
    const changes = new Changes(directory);
    const unwatched = changes.lookEvery;
    const first = changes.listen(() => undefined);
    const told = new Promise<void>((resolve) => onTestFinished(changes.listen(resolve)));
    first();
    expect(changes.lookEvery).toBeGreaterThan(unwatched);
    writeFileSync(join(directory, 'x'), '');
    await told;
  },
);

test('however it ends, nothing of it stays: no listener, no signal, nothing to close', async () => {
  const scene = new Scene(1);
  await scene.open('a');
  const [place, changes] = [placeIn(scene), new ToldChanges()];
  const stop = new AbortController();
  const removed = vi.spyOn(stop.signal, 'removeEventListener');
  const [left, aborted] = [follow(place, changes, stop.signal), follow(place, changes, stop.signal)];
  expect(changes.listeners).toBe(2);
  const waiting = [left, aborted].map((one) => one.follow.next());
  await left.follow.return();
  expect(removed).toHaveBeenCalledTimes(1);
  expect([left.ended, aborted.ended]).toEqual([[left.follow], []]);
  stop.abort();
  expect(await Promise.all(waiting)).toEqual([1, 2].map(() => ({ value: undefined, done: true })));
  expect(changes.listeners).toBe(0);
  expect(follow(place, changes, stop.signal).ended).toHaveLength(1);
});

test('one that is ended while it reads ends there, whatever is closed under it', async () => {
  const scene = new Scene(1);
  const log = await scene.open('a');
  await scene.append(log);
  const [place, changes] = [placeIn(scene), new ToldChanges()];
  const { follow: following } = follow(place, changes);
  const next = following.next();
  scene.disk.interfere = (process, call) => {
    if (process !== 'reader' || call !== 'read') return undefined;
    scene.disk.interfere = () => undefined;
    following.end();
    void place.tail.close();
    place.rows.close();
    return undefined;
  };
  expect(await next).toEqual({ value: undefined, done: true });
});
