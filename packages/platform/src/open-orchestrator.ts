import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import type { Catalogue } from '@skaha/engine/images/catalogue.js';
import { Orchestrator } from '@skaha/engine/orchestration/orchestrator.js';
import type { RunFacts } from '@skaha/engine/orchestration/run-descriptions.js';
import type { UserFacts } from '@skaha/engine/ports/identity.js';
import type { Volume } from '@skaha/engine/ports/volumes.js';
import type { SessionRecord } from '@skaha/engine/sessions/record.js';
import type { SessionStore } from '@skaha/engine/store/session-store.js';
import { checkMounts } from '@skaha/platform-local/mount-rules.js';
import { sessionPath } from '@skaha/platform-local/plain-process.js';
import { type DataLayout, platformInstance } from '@skaha/service/data.js';
import type { RunningSettings } from './config/running.js';
import { ownUid, type Settings } from './config/settings.js';
import { chooseRunner } from './runners.js';

/** The name of a program of this package in a catalogue entry. */
const named = /^platform:([a-z-]+)$/;

/** Directory of the programs that come with this package. */
const ownPrograms = builtPrograms();

/** When running from source, as tests do, the programs are those of the build. */
function builtPrograms(): string {
  const [beside = '', built = ''] = ['./apps', '../dist/apps'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return existsSync(join(beside, 'webpage.js')) ? beside : built;
}

/** The file of a program of this package; undefined for other words. */
function ownProgram(word: string): string | undefined {
  const name = named.exec(word)?.[1];
  return name === undefined ? undefined : join(ownPrograms, `${name}.js`);
}

/** What the orchestrator needs. */
export interface OpenOrchestratorOptions {
  readonly layout: DataLayout;
  readonly settings: Settings;
  readonly store: SessionStore;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is known about a user. */
  about(user: string): Pick<UserFacts, 'uid' | 'gid' | 'groups'> | undefined;
  /** The token for the page of a session. */
  pageTokenOf(id: string): string;
  /** The token with which a desktop calls back. */
  callbackTokenOf(id: string): string;
  /** Scheme, host and port of the platform. */
  origin(): string;
}

/**
 * Chooses the runner, and creates the orchestrator with it.
 *
 * @throws {PlatformError} `platform.start_failed` if the chosen runner cannot work here,
 *   `config.invalid` for mounts that no session may have
 */
export async function openOrchestrator(
  { settings: asked, ...rest }: OpenOrchestratorOptions,
  signal?: AbortSignal,
): Promise<Orchestrator> {
  const settings = { ...asked, running: safe(asked.running, rest.layout) };
  const options = { ...rest, settings };
  const { layout, store, clock, logger } = options;
  const chosen = await chooseRunner(settings.running, signal);
  // Needed to find its runs when the data directory is reset.
  store.setFact('runner', chosen.name);
  for (const { name } of settings.running.projects) {
    mkdirSync(layout.project(name), { recursive: true, mode: 0o700 });
  }
  const orchestrator = new Orchestrator({
    store,
    clock,
    logger,
    rules: settings,
    lifetimes: settings.lifetimes,
    notice: chosen.notice,
    factsOf: (record) => factsOf(options, record),
    runner: (listener) =>
      chosen.make({
        data: layout.root,
        sessions: layout.sessions,
        scratch: layout.scratch,
        scripts: layout.secrets,
        programs: ownPrograms,
        instance: platformInstance(layout),
        clock,
        logger,
        listener,
        graceMs: settings.lifetimes.stopGraceMs,
        directoryOf: (volume) => directoryOf(layout, volume),
      }),
  });
  const { name, isolates } = orchestrator.runner;
  logger.info(`runner ${name}; isolates: ${isolates.join('; ') || 'nothing'}`);
  if (chosen.notice !== undefined) logger.warn(chosen.notice);
  return orchestrator;
}

/** The settings, with mounts checked against what no session may see. */
function safe(running: RunningSettings, { root }: DataLayout): RunningSettings {
  const { mounts, container, projects } = running;
  const ground = { data: root, projects: projects.map(({ name }) => name) };
  const common = checkMounts(mounts, 'sandbox.mounts', ground);
  const more = { ...ground, beside: common, inImage: true };
  const own = checkMounts(container.mounts ?? [], 'container.mounts', more);
  return { ...running, mounts: common, container: { ...container, mounts: own } };
}

function factsOf(options: OpenOrchestratorOptions, { image, owner }: SessionRecord): RunFacts {
  const { running } = options.settings;
  const about = options.about(owner);
  return {
    image: options.catalogue.get(image),
    uid: about?.uid ?? ownUid(),
    gid: about?.gid,
    groups: about?.groups ?? [],
    projects: running.projects
      .filter(({ users }) => users === undefined || users.includes(owner))
      .map(({ name }) => name),
    programs: { path: sessionPath(), ownProgram },
    origin: options.origin(),
    processes: running.maxProcesses,
    headlessNetwork: running.headlessNetwork,
    interactiveNetwork: running.interactiveNetwork,
    pageToken: options.pageTokenOf,
    callbackToken: options.callbackTokenOf,
  };
}

/** The path of a volume in a data directory. */
function directoryOf(layout: DataLayout, volume: Volume): string {
  switch (volume.kind) {
    case 'home':
      return layout.home(volume.user);
    case 'project':
      return layout.project(volume.name);
    case 'scratch':
      return join(layout.scratch, volume.key);
    case 'display':
      return join(layout.sessions, volume.id, 'display');
  }
}
