/** When a follow looks, and what it leaves behind. */
import { EventEmitter } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Changes } from '../../src/reading/changes.js';
import { Follow } from '../../src/reading/follow.js';
import { Position } from '../../src/reading/position.js';
import { Scene } from '../compactor/scene.js';
import { placeIn, type TestPlace } from './place.js';

/** Tells of changes when the test says so, and lets nobody look otherwise. */
class ToldChanges {
  readonly lookEvery = 2 ** 30;
  readonly #told = new EventEmitter();

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

function follow(place: TestPlace, changes: ToldChanges, signal?: AbortSignal) {
  const ended: Follow[] = [];
  const follow = new Follow({
    place,
    changes: changes as unknown as Changes,
    filter: {},
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
  const third = following.next();
  log.appendSync({ taskId: 't', type: 'text', text: 'while it waits' });
  changes.tell();
  expect(await textOf(third)).toBe('while it waits');
});

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
