import { closeSync } from 'node:fs';
import type { RunLog } from '@skaha/engine/ports/logs.js';
import type { Endpoint } from '@skaha/engine/ports/pages.js';
import {
  type EarlierRun,
  type Entry,
  type EntryPlan,
  EntryRefused,
  type Isolation,
  type Recovered,
  type RegistryLogin,
  type Run,
  type RunEnd,
  type RunNote,
  type Runner,
  type RunnerOptions,
  type RunUsage,
} from '@skaha/engine/ports/runner.js';
import { placeInside } from '@skaha/engine/ports/volumes.js';
import { reasonOf } from '@skaha/service/errors.js';
import { openLog } from '@skaha/service/held.js';
import type { ContainerStats } from 'dockerode';
import { withHostPaths } from '../mounts.js';
import { usagesOf } from '../processes/usage.js';
import { removeOrphanedRuns } from '../runs/orphaned-runs.js';
import { RunFiles } from '../runs/run-files.js';
import { ContainerNetworks, type networksFor } from './container-networks.js';
import { containerOptions, hostOf } from './container-options.js';
import { ContainerRun, type ContainerServices } from './container-run.js';
import type { Engine } from './engine.js';
import { isUnreachable } from './engine-error.js';
import { ImageStore } from './images.js';
import { removeOrphanedContainers } from './orphaned-containers.js';
import { ParentGroups } from './parent-groups.js';
import { keepLogin, readFacts } from './run-record.js';
import { enterContainer } from './session-command.js';
import { prepareMounts, sessionUser } from './session-mounts.js';
import type { ContainerSettings } from './settings.js';

/** States of a container that an engine has not started yet. */
const unstarted: readonly string[] = ['created', 'configured', 'initialized'];

/** From this part of the limit on, a session killed by the system counts as out of memory. */
const seenFullShare = 0.9;

/** Runs each session in a container of its own, from its real image. */
export class ContainerRunner implements Runner {
  readonly name = 'container';
  readonly runsImages = true;
  readonly isolation: Isolation;
  readonly #options: RunnerOptions;
  readonly #engine: Engine;
  readonly #services: ContainerServices;
  readonly #groups: ParentGroups | undefined;
  readonly #networks: ContainerNetworks | undefined;
  /** The most memory a session was seen to use. */
  readonly #peaks = new Map<string, number>();
  readonly #runs = new Map<string, ContainerRun>();
  readonly #closing = new AbortController();

  /** @param tools - with which the platform makes the networks of containers; undefined if it makes none */
  constructor(
    engine: Engine,
    settings: ContainerSettings,
    options: RunnerOptions,
    tools?: Parameters<typeof isolationOf>[1],
  ) {
    this.#options = options;
    this.#engine = engine;
    this.isolation = isolationOf(engine, tools);
    if (tools !== undefined) {
      this.#networks = new ContainerNetworks(tools, settings.network, options);
    }
    if (engine.facts.groupsBy === 'cgroupfs') this.#groups = ParentGroups.open(options.instance);
    const nameOf = (key: string) => `skaha-${options.instance}-${key}`;
    this.#services = {
      engine,
      images: new ImageStore(engine, settings.pull ?? 'missing', options.clock),
      options,
      closing: this.#closing.signal,
      nameOf,
      create: async (run, note) => await this.#create(run, settings, note),
      attend: async (run) => await this.#networks?.attend(run, this.#files(run.key)),
      reach: async (key) => await this.#networks?.reach(this.#files(key)),
      wasOutOfMemory: async ({ key, limits }) =>
        (await this.#groups?.wasFull(key, limits.memory)) ?? this.#wasSeenFull(key, limits.memory),
      clearUp: async (key) => {
        await this.#groups?.remove(key);
        await this.#networks?.release(this.#files(key));
      },
    };
  }

  async #create(
    asked: Run,
    { network, mounts = [] }: ContainerSettings,
    note: (note: RunNote) => void,
  ): Promise<void> {
    const { facts } = this.#engine;
    const files = this.#files(asked.key);
    const home = placeInside({ kind: 'home', user: asked.user });
    const run = withHostPaths(asked, this.#options.directoryOf, []);
    const user = sessionUser(run, facts);
    const own = await prepareMounts(run, files, user, { data: this.#options.data, home });
    const names = [hostOf(run), run.environment['HOSTNAME'] ?? ''];
    const place =
      this.#networks?.hasPlaceFor(run) === true
        ? await this.#networks.place(run, files, names, note)
        : undefined;
    const options = containerOptions(run, {
      name: this.#services.nameOf(run.key),
      instance: this.#options.instance,
      facts,
      network,
      home,
      user,
      mounts: [...mounts, ...own, ...(place?.mounts ?? [])],
      place,
      parentGroup: this.#groups?.pathOf(run.key),
    });
    await this.#engine.create(options);
  }

  /** Where no group knows, what was seen of a session's memory must do. */
  #wasSeenFull(key: string, limit: number): boolean {
    return (this.#peaks.get(key) ?? 0) >= limit * seenFullShare;
  }

  readonly placeOf = placeInside;

  /** Whether an image has what a session needs shows when it is here. */
  obstacle(): undefined {
    return undefined;
  }

  async keepLogin(key: string, login: RegistryLogin): Promise<void> {
    keepLogin(this.#files(key).directory, login);
  }

  launch(run: Run): void {
    if (this.#runs.has(run.key)) return;
    this.#track(run, true, async (one) => await one.live());
  }

  #track(run: Run, isNew: boolean, live: (one: ContainerRun) => Promise<void>): void {
    const { listener, logger } = this.#options;
    const files = this.#files(run.key);
    try {
      files.ensure();
      closeSync(openLog(files.log, isNew));
    } catch (error) {
      listener.refused(run.key, `Cannot start the session: ${reasonOf(error)}`);
      return;
    }
    const one = new ContainerRun(run, files, this.#services);
    this.#runs.set(run.key, one);
    live(one)
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return;
        logger.error(`lost sight of ${run.key.slice(0, 4)}…: ${reasonOf(error)}`);
      })
      .finally(() => {
        this.#runs.delete(run.key);
        this.#peaks.delete(run.key);
      });
  }

  async recover(runs: readonly EarlierRun[]): Promise<ReadonlyMap<string, Recovered>> {
    const found = runs.map(async (one) => [one.run.key, await this.#recoverOne(one)] as const);
    return new Map(await Promise.all(found));
  }

  async #recoverOne({ run, wasRunning }: EarlierRun): Promise<Recovered> {
    if (this.#runs.has(run.key)) return { state: 'running' };
    const name = this.#services.nameOf(run.key);
    const facts = await readFacts(this.#files(run.key).directory);
    if (facts.end !== undefined) return await this.#foundEnded(run, facts.end);
    try {
      const found = await this.#engine.inspect(name);
      if (found === undefined && facts.begun === true) {
        return await this.#foundEnded(run, { status: undefined });
      }
      if (found === undefined || unstarted.includes(found.State.Status)) {
        return { state: 'unclaimed' };
      }
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      // Whether it runs shows when the engine answers again; until then nothing is started twice.
      if (facts.begun !== true) return { state: 'unclaimed' };
      this.#adopt(run);
      return { state: 'unknown' };
    }
    this.#adopt(run);
    // Whether its page answers is reported separately.
    if (run.page !== undefined && !wasRunning) return { state: 'pending', queued: false };
    return { state: 'running' };
  }

  async #foundEnded({ key }: Run, end: RunEnd): Promise<Recovered> {
    // Its end is known; a container that stays is tidied up at the next start.
    await this.#engine.remove(this.#services.nameOf(key)).catch(() => undefined);
    await this.#services.clearUp(key);
    await this.#files(key).emptyScratch();
    return { state: 'ended', end };
  }

  #adopt(run: Run): void {
    // Its log has words that were written already.
    this.#track(run, false, async (one) => await one.adopt());
  }

  async terminate(run: Run): Promise<void> {
    await this.#runs.get(run.key)?.terminate();
  }

  async endpoint(key: string): Promise<Endpoint | undefined> {
    const files = this.#files(key);
    const { port } = await readFacts(files.directory);
    if (port === undefined) return undefined;
    const reach = await this.#networks?.reach(files);
    return reach === undefined
      ? { host: '127.0.0.1', port }
      : { connect: async () => await reach(port) };
  }

  async enter(run: Run, plan: EntryPlan): Promise<Entry> {
    const name = this.#services.nameOf(run.key);
    try {
      if (await this.#engine.runs(name)) return await enterContainer(this.#engine, name, plan);
    } catch (error) {
      throw new EntryRefused(`the container engine: ${reasonOf(error)}`, { cause: error });
    }
    throw new EntryRefused('its container is not running');
  }

  async usage(keys: readonly string[]): Promise<ReadonlyMap<string, RunUsage>> {
    return await usagesOf(keys, async (key) => await this.#usageOf(key));
  }

  async #usageOf(key: string): Promise<RunUsage | undefined> {
    if (!this.#runs.has(key)) return undefined;
    try {
      const usage = usageOf(await this.#engine.stats(this.#services.nameOf(key)));
      const most = Math.max(usage?.peakMemory ?? 0, usage?.memory ?? 0);
      this.#peaks.set(key, Math.max(most, this.#peaks.get(key) ?? 0));
      return usage;
    } catch {
      return undefined;
    }
  }

  async logs(key: string): Promise<RunLog> {
    return await this.#files(key).readLog();
  }

  async purge(key: string): Promise<void> {
    await this.#engine.remove(this.#services.nameOf(key));
    await this.#services.clearUp(key);
    await this.#files(key).purge();
  }

  async tidy(isKnown: (key: string) => boolean): Promise<void> {
    const { sessions, scratch, instance, logger } = this.#options;
    try {
      await removeOrphanedContainers(this.#engine, instance, isKnown);
    } catch (error) {
      logger.warn(`cannot look for containers left behind: ${reasonOf(error)}`);
    }
    await this.#groups?.tidy(isKnown);
    await removeOrphanedRuns(sessions, scratch, isKnown);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#runs.clear();
    this.#networks?.close();
    this.#groups?.close();
  }

  #files(key: string): RunFiles {
    return new RunFiles(this.#options.sessions, this.#options.scratch, key);
  }
}

function isolationOf({ facts }: Engine, tools: Awaited<ReturnType<typeof networksFor>>): Isolation {
  const engine = `${facts.name} ${facts.version}${facts.rootless ? ', rootless' : ''}`;
  return {
    isolates: [
      `files, processes, memory and cores of each session, in a container (${engine})`,
      tools === undefined
        ? 'the network of headless sessions'
        : 'the network: the sessions of one user can reach each other, but no others; headless ones can reach nothing else',
    ],
    lacks: ['the kernel, which all containers share'],
  };
}

/** What an engine's figures about a container mean; undefined when it has none, having ended. */
export function usageOf(stats: ContainerStats): RunUsage | undefined {
  const { cpu_stats: cpu, memory_stats: memory, pids_stats: pids } = stats;
  if (memory?.usage === undefined || cpu?.cpu_usage === undefined) return undefined;
  // Pages of files that were read once are given back when they are needed.
  const cached = memory.stats?.inactive_file ?? memory.stats?.total_inactive_file ?? 0;
  const peak = memory.max_usage ?? 0;
  return {
    cpuSeconds: cpu.cpu_usage.total_usage / 1e9,
    memory: Math.max(0, memory.usage - cached),
    ...(peak > 0 ? { peakMemory: peak } : {}),
    ...(pids?.current === undefined ? {} : { processes: pids.current }),
  };
}
