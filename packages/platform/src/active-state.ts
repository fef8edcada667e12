import { systemClock } from '@skaha/base/clock.js';
import { type Logger, silentLogger } from '@skaha/base/logger.js';
import type { Leadership } from '@skaha/engine/ports/runner.js';
import type { SessionStore } from '@skaha/engine/store/session-store.js';
import type { DataLayout } from '@skaha/service/data.js';
import { PlatformError } from '@skaha/service/errors.js';
import { certificateOf } from './certificate.js';
import type { Settings } from './config/settings.js';
import { isAlone, leadership as lead } from './runners.js';
import { borrowFiles, type OpenedStore, openStore } from './store.js';
import type { PlatformOptions } from './types.js';
import { WaitingServer } from './waiting-server.js';

/** The state of a platform, and its role as the active one. */
export interface ActiveState {
  readonly store: SessionStore;
  /** Undefined if no other platform can take over from this one. */
  readonly leadership: Leadership | undefined;
}

/** How soon to try again if the state is still in use by a platform that is no longer active. */
const heldMs = 1_000;

/**
 * Opens the state once this platform is the active one. Until then, it answers that it waits.
 *
 * @throws {PlatformError} like {@link openStore}
 */
export async function openWhenActive(
  layout: DataLayout,
  settings: Settings,
  options: PlatformOptions,
): Promise<ActiveState> {
  const { logger = silentLogger, signal, port } = options;
  const { listen, running, store: address } = settings;
  const certificate = () => certificateOf(listen);
  if (isAlone(running.runner))
    return activeState(await openStore(layout, address, logger), undefined);
  for (;;) {
    const borrow = borrowing(layout, address, logger);
    const waiting = new WaitingServer({ layout, listen, port, certificate });
    const leading = await lead(running, { logger, signal }).finally(async () => {
      clearInterval(borrow);
      await waiting.close();
    });
    try {
      return activeState(await openStore(layout, address, logger), leading);
    } catch (error) {
      await leading?.release();
      const isHeld = error instanceof PlatformError && error.code === 'platform.already_running';
      if (leading === undefined || !isHeld) throw error;
      logger.warn('the state of the platform is still held by one that has lost its place');
    }
    await systemClock.sleep(heldMs, signal);
  }
}

/** How often a waiting platform fetches the keys with which it has to answer. */
const borrowMs = 5_000;

function borrowing(layout: DataLayout, address: string | undefined, logger: Logger) {
  if (address === undefined) return undefined;
  const borrow = () => void borrowFiles(layout, address, logger);
  borrow();
  return setInterval(borrow, borrowMs).unref();
}

/** A platform that loses the state is no longer the active one either. */
function activeState({ store, lost }: OpenedStore, leading: Leadership | undefined): ActiveState {
  if (lost === undefined) return { store, leadership: leading };
  const signals = leading === undefined ? [lost] : [lost, leading.lost];
  const leadership: Leadership = {
    lost: AbortSignal.any(signals),
    serving: () => leading?.serving?.(),
    release: async () => await leading?.release(),
  };
  return { store, leadership };
}
