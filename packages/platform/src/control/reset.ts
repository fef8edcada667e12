import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SessionStore } from '@skaha/engine/store/session-store.js';
import { dataLayout, isDataDirectory, removeData, storageError } from '@skaha/service/data.js';
import { PlatformError } from '@skaha/service/errors.js';
import { removeTree } from '@skaha/service/held.js';
import { loadConfig } from '../config/load.js';
import { settle } from '../config/settings.js';
import { clearRuns, isAlone } from '../runners.js';
import { keptDatabase } from '../store.js';
import { describeQuickly } from './client.js';

/**
 * Removes the state of a stopped platform: sessions with their logs, homes, users, certificates and
 * configuration. Sessions that are still running are ended. Files that no platform created are left
 * alone, and so is a database with the sessions ({@link keptDatabase}) and what runs on a cluster:
 * another platform may be using them.
 *
 * @param data - the data directory; the default one if omitted
 * @throws {PlatformError} `platform.already_running`, or `platform.storage` for a directory that no
 *   platform created or that cannot be removed
 */
export async function resetPlatform(data?: string): Promise<void> {
  const layout = dataLayout(data);
  if (!existsSync(layout.root)) return;
  if (!isDataDirectory(layout)) {
    throw new PlatformError(
      'platform.storage',
      `The directory ${layout.root} was not made by a platform.`,
      {
        hint: 'Give the directory with which the platform was started: --data DIR',
      },
    );
  }
  if ((await describeQuickly(layout.root)) !== undefined) {
    throw new PlatformError(
      'platform.already_running',
      `A platform is running on ${layout.root}.`,
      {
        hint: "Stop it first: 'skaha platform stop'",
      },
    );
  }
  // The lock of the store also keeps out a platform that is just starting.
  const path = [layout.database, layout.workingCopy].find((one) => existsSync(one));
  const store = path === undefined ? undefined : openIfSound(path);
  try {
    const last = store?.fact('runner');
    // Another platform may have taken over what is not on this machine.
    const isOthers =
      keptDatabase(layout.root) !== undefined && last !== undefined && !isAlone(last);
    await clearRuns(
      layout,
      () => settle(loadConfig(layout, undefined)).running,
      isOthers ? undefined : last,
    );
    // Sessions may have created links, or directories too deep for a path.
    for (const name of ['arc', 'scratch', 'sessions']) await removeTree(join(layout.root, name));
    removeData(layout);
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    throw storageError(layout.root, error);
  } finally {
    store?.close();
  }
}

/** A damaged store is removed too. */
function openIfSound(path: string): SessionStore | undefined {
  try {
    return SessionStore.open(path);
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'platform.already_running') throw error;
    return undefined;
  }
}
