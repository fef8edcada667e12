import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryDirectory } from '../../../../scripts/tests/temporary-directory.js';
import { SessionStore } from '../../src/store/session-store.js';

/** A store, and how often it asks the disk to take in what was written. */
async function watchedStore() {
  const path = join(temporaryDirectory(), 'skaha.db');
  const store = SessionStore.open(path);
  const file = await open(path);
  const flush = vi.spyOn(Object.getPrototypeOf(file), 'datasync');
  await file.close();
  onTestFinished(() => {
    flush.mockRestore();
    store.close();
  });
  const write = (value: string) =>
    store.aheadOfDisk(() => store.together(() => store.setFact('name', value)));
  return { store, flush, write };
}

test('what the disk did not take in is asked of it again', async () => {
  const { store, flush, write } = await watchedStore();
  write('one');
  flush.mockRejectedValueOnce(new Error('the disk is full'));
  await expect(store.reachDisk()).rejects.toThrow('full');
  await store.reachDisk();
  expect(flush).toHaveBeenCalledTimes(2);
  await store.reachDisk();
  expect(flush).toHaveBeenCalledTimes(2);
});

test('what is written while the disk is busy shares the next flush, and waits for it', async () => {
  const { store, flush, write } = await watchedStore();
  let finish = (): void => undefined;
  flush.mockImplementationOnce(
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  );
  write('one');
  const order: string[] = [];
  const first = store.reachDisk().then(() => order.push('first'));
  await vi.waitFor(() => expect(flush).toHaveBeenCalledOnce());
  write('two');
  const others = ['second', 'third'].map((name) => store.reachDisk().then(() => order.push(name)));
  expect(flush).toHaveBeenCalledOnce();
  finish();
  await Promise.all([first, ...others]);
  expect(order).toEqual(['first', 'second', 'third']);
  expect(flush).toHaveBeenCalledTimes(2);
});
