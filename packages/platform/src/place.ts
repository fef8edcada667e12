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

/** The state of a platform, and its right to work on it. */
export interface Place {
  readonly store: SessionStore;
  /** Undefined where no other platform can take the place of this one. */
  readonly leadership: Leadership | undefined;
}

/** How soon a state is tried again that a platform still holds which has lost its place. */
const heldMs = 1_000;

/**
 * Opens the state once this platform is the one to work on it. Until then it answers that it waits.
 *
 * @throws {PlatformError} as {@link openStore}
 */
export async function takePlace(
  layout: DataLayout,
  settings: Settings,
  options: PlatformOptions,
): Promise<Place> {
  const { logger = silentLogger, signal, port } = options;
  const { listen, running, store: address } = settings;
  const certificate = () => certificateOf(listen);
  if (isAlone(running.runner)) return placed(await openStore(layout, address, logger), undefined);
  for (;;) {
    const borrow = borrowing(layout, address, logger);
    const waiting = new WaitingServer({ layout, listen, port, certificate });
    const place = await lead(running, { logger, signal }).finally(async () => {
      clearInterval(borrow);
      await waiting.close();
    });
    try {
      return placed(await openStore(layout, address, logger), place);
    } catch (error) {
      await place?.release();
      const isHeld = error instanceof PlatformError && error.code === 'platform.already_running';
      if (place === undefined || !isHeld) throw error;
      logger.warn('the state of the platform is still held by one that has lost its place');
    }
    await systemClock.sleep(heldMs, signal);
  }
}

/** How often one that waits asks for the keys with which it is to answer. */
const borrowMs = 5_000;

function borrowing(layout: DataLayout, address: string | undefined, logger: Logger) {
  if (address === undefined) return undefined;
  const borrow = () => void borrowFiles(layout, address, logger);
  borrow();
  return setInterval(borrow, borrowMs).unref();
}

/** A platform that loses the state has lost its place, too. */
function placed({ store, lost }: OpenedStore, place: Leadership | undefined): Place {
  if (lost === undefined) return { store, leadership: place };
  const signals = place === undefined ? [lost] : [lost, place.lost];
  const leadership: Leadership = {
    lost: AbortSignal.any(signals),
    serving: () => place?.serving?.(),
    release: async () => await place?.release(),
  };
  return { store, leadership };
}
