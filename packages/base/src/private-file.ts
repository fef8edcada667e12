import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { lstat, mkdir, open, readlink, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { systemCode } from './system-code.js';

/**
 * The file that a path stands for once its links are followed; it need not exist.
 *
 * @throws {Error} with code `ELOOP` when the links form a loop
 */
export async function realTarget(path: string): Promise<string> {
  let target = path;
  for (let hops = 0; hops < 40; hops += 1) {
    const kind = await lstat(target).catch(() => undefined);
    if (kind?.isSymbolicLink() !== true) return target;
    target = resolve(dirname(target), await readlink(target));
  }
  throw Object.assign(new Error('too many links'), { code: 'ELOOP', syscall: 'readlink' });
}

/** Makes a directory and those above it, each private. Unlike Node's own, it ends also on `/proc`. */
export async function makePrivateDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    if ((await stat(dirname(path)).catch(() => undefined))?.isDirectory() === true) throw error;
    await makePrivateDirectory(dirname(path));
    await mkdir(path, { mode: 0o700 }).catch((again: unknown) => {
      if (!(again instanceof Error && 'code' in again && again.code === 'EEXIST')) throw again;
    });
  }
}

const draftOf = (target: string): string =>
  join(dirname(target), `.${basename(target)}.${randomUUID()}.new`);

/**
 * Puts a private file in the place of another. Killed at any point, it leaves the old or the new
 * file whole.
 *
 * @param target - not a link; see {@link realTarget}
 * @param text - what to write
 * @param confirm - asked when all is written, before the old file goes; a rejection keeps the old
 */
export async function replaceFile(
  target: string,
  text: string,
  confirm: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const draft = draftOf(target);
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await confirm();
    await rename(draft, target);
  } catch (error) {
    await unlink(draft).catch(() => undefined);
    throw error;
  }
  // Makes the new name survive a power cut; not every file system can.
  const directory = await open(dirname(target), 'r').catch(() => undefined);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}

/**
 * The same at once, for what must be written before anything else happens. A power cut may bring the
 * old file back.
 *
 * @param mode - permissions of the new file; readable by the owner only by default
 */
export function replaceFileSync(target: string, text: string, mode = 0o600): void {
  const draft = draftOf(target);
  try {
    const file = openSync(draft, 'wx', mode);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
