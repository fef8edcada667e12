import { mkdirSync } from 'node:fs';
import { systemClock } from '@skaha/base/clock.js';
import { type Logger, silentLogger } from '@skaha/base/logger.js';
import { Faults, holdOf } from '@skaha/engine/faults/faults.js';
import { RequestLog } from '@skaha/engine/faults/request-log.js';
import { identify } from '@skaha/engine/http/authentication.js';
import { CallbackTokens } from '@skaha/engine/http/callback-tokens.js';
import { PageTokens } from '@skaha/engine/http/page-tokens.js';
import { SessionLists } from '@skaha/engine/http/resources/session-list.js';
import type { Site } from '@skaha/engine/http/site.js';
import { Catalogue } from '@skaha/engine/images/catalogue.js';
import { HomeCredentials } from '@skaha/engine/orchestration/home-credentials.js';
import { isAway } from '@skaha/engine/ports/backing.js';
import { hostsOf } from '@skaha/engine/sessions/create-request.js';
import type { LimitsFor } from '@skaha/engine/settings.js';
import type { SessionStore } from '@skaha/engine/store/session-store.js';
import { StorageService, storageNames } from '@skaha/engine/vospace/service.js';
import { applyIdentityFault } from '@skaha/identity/faults.js';
import { Identities } from '@skaha/identity/identities.js';
import type { ProvingServices } from '@skaha/identity/services.js';
import { type DataLayout, dataLayout, prepareData, storageError } from '@skaha/service/data.js';
import { PlatformError, storageReason } from '@skaha/service/errors.js';
import { type ActiveState, openWhenActive } from './active-state.js';
import { certificateOf } from './certificate.js';
import { ineffectiveCommands } from './config/file.js';
import { loadConfig } from './config/load.js';
import { limitsBy, type Settings, settle } from './config/settings.js';
import { openIdentity } from './identity.js';
import { openOrchestrator } from './open-orchestrator.js';
import { RunningPlatform } from './running-platform.js';
import { checkAddress, KeptFiles, storeError } from './store.js';
import type { Platform, PlatformOptions } from './types.js';
import { chooseUsers } from './users.js';

/**
 * Starts a Science Platform on this machine: an HTTPS server on the loopback address with the Skaha
 * API, which really runs sessions of all kinds: as processes, in sandboxes, in containers or on a
 * cluster. It recovers the sessions of an earlier platform on the same data directory.
 *
 * @param options - where its state is, its port, its users; see {@link PlatformOptions}
 * @returns the running platform; stop it when done, or declare it with `await using`
 * @throws {PlatformError} `platform.port_in_use`, `platform.already_running`, `platform.storage`,
 *   `platform.store_unavailable`, `platform.start_failed` or `config.invalid`
 * @example
 * ```ts
 * import { startPlatform } from 'skaha-platform';
 *
 * const platform = await startPlatform({ data: './platform-state', port: 0 });
 * console.log(platform.url, platform.user, platform.ca);
 * await platform.stop();
 * ```
 */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  options.signal?.throwIfAborted();
  const layout = dataLayout(options.data);
  prepareData(layout);
  const config = loadConfig(layout, options.config);
  const settings = settle(config, options);
  const { logger = silentLogger } = options;
  for (const words of ineffectiveCommands(config)) logger.warn(words);
  // Before a platform that waits to become active finds it out.
  if (settings.store !== undefined) await checkAddress(settings.store);
  const { store, leadership } = await openWhenActive(layout, settings, options);
  try {
    const foundation = { layout, settings, store, leadership, limitsFor: limitsBy(config) };
    const platform = await assemble(foundation, options);
    await keepFiles(foundation, platform, options);
    return platform;
  } catch (error) {
    store.close();
    await leadership?.release();
    if (error instanceof PlatformError || options.signal?.aborted === true) throw error;
    if (isAway(error)) throw storeError(layout, error);
    if (storageReason(error) !== undefined) throw storageError(layout.root, error);
    throw new PlatformError('platform.start_failed', 'The platform could not be started.', {
      cause: error,
    });
  }
}

/** Stores what the next platform needs besides the sessions, before requests are accepted. */
async function keepFiles(
  { layout, store }: Foundation,
  platform: Platform,
  { logger = silentLogger }: PlatformOptions,
): Promise<void> {
  if (store.backing === undefined) return;
  const files = new KeptFiles(layout, store, logger);
  void platform.stopped.then(() => files.close());
  try {
    files.keep();
    await store.keepAll();
  } catch (error) {
    await platform.stop({ sessions: 'leave' });
    throw error;
  }
}

/** Collects what the owner should know about this start, and logs it. */
function noticesOf(logger: Logger) {
  const notices: string[] = [];
  const notify = (notice: string) => {
    logger.warn(notice);
    notices.push(notice);
  };
  return { notices, notify };
}

function setDamagedAside(
  { database }: DataLayout,
  store: SessionStore,
  now: number,
  notify: (notice: string) => void,
): void {
  for (const key of store.setDamagedAside(now)) {
    notify(
      `The record of session ${key} is damaged. The platform continues without it; what is left of it ` +
        `is in the table "damaged" of ${store.backing?.name ?? database}, and what it may still run is left alone.`,
    );
  }
}

/** What the other parts of a platform are built on. */
interface Foundation extends ActiveState {
  readonly layout: DataLayout;
  readonly settings: Settings;
  readonly limitsFor: LimitsFor;
}

async function assemble(foundation: Foundation, options: PlatformOptions): Promise<Platform> {
  const { layout, settings, store, leadership } = foundation;
  const { clock = systemClock, logger = silentLogger, port, signal } = options;
  // With the site's own issuer, only the owner of the platform has credentials from here.
  const own = settings.issuer === undefined ? settings.users : [];
  const users = chooseUsers(store, options.user, own);
  const { notices, notify } = noticesOf(logger);
  setDamagedAside(layout, store, clock.now(), notify);
  const identities = await Identities.open(layout, users, notify);
  const { services, identity } = await openIdentity({
    layout,
    settings,
    users,
    identities,
    clock,
    logger,
    database: store.database,
    storage: storageNames,
    signal,
    recognise: (request) => identify(request, site, clock.now()),
  });
  const opened = { ...foundation, services, identity, clock, logger, notices };
  const site = await openSite(opened, options);
  return await RunningPlatform.open({
    layout,
    store,
    site,
    identities,
    services,
    leadership,
    requests: new RequestLog(),
    listen: settings.listen,
    certificate: certificateOf(settings.listen),
    port,
    signal,
  });
}

/** A foundation, with the identity provider. */
interface FoundationWithIdentity
  extends Foundation,
    Pick<Site, 'identity' | 'clock' | 'logger' | 'notices'> {
  readonly services: ProvingServices;
}

/** What resources need: sessions, storage, images and tokens. */
async function openSite(
  {
    layout,
    settings,
    store,
    limitsFor,
    services,
    identity,
    clock,
    logger,
    notices,
  }: FoundationWithIdentity,
  { faults: asked = [], signal }: PlatformOptions,
): Promise<Site> {
  const catalogue = new Catalogue(settings.images);
  const pageTokens = new PageTokens(layout);
  const callbackTokens = new CallbackTokens(layout);
  const isOpen = settings.oddities.has('open-pages');
  const orchestrator = await openOrchestrator(
    {
      layout,
      settings,
      store,
      catalogue,
      clock,
      logger,
      about: identity.about,
      pageTokenOf: (id) => (isOpen ? id : pageTokens.of(id)),
      callbackTokenOf: (id) => callbackTokens.issue(id),
      origin: () => services.origin,
    },
    signal,
  );
  const faults = new Faults(asked, {
    identity: (kind) => applyIdentityFault(kind, services.controls),
    changed: orchestrator.goOn,
  });
  orchestrator.holdWhile(() => holdOf(faults));
  const database = store.backing === undefined ? undefined : store.database;
  return {
    orchestrator,
    lists: new SessionLists(orchestrator.sessions),
    identity,
    storage: await StorageService.open({
      layout,
      settings,
      identity,
      faults,
      clock,
      logger,
      database,
    }),
    catalogue,
    settings,
    limitsFor,
    pageTokens,
    callbackTokens,
    registryHosts: hostsOf(settings.images),
    faults,
    clock,
    logger,
    notices,
    homeCredentials: new HomeCredentials({
      layout,
      identity,
      now: () => clock.now(),
      origin: () => (orchestrator.runsImages ? undefined : services.origin),
    }),
    ensureHome: (user) => mkdirSync(layout.home(user), { recursive: true }),
  };
}
