import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@skaha/base/clock.js';
import { systemClock } from '@skaha/base/clock.js';
import { silentLogger } from '@skaha/base/logger.js';
import type {
  OpenedRunner,
  Recovered,
  Run,
  RunEnd,
  RunNote,
  Runner,
  RunnerOptions,
} from '@skaha/engine/ports/runner.js';
import { openContainers } from '@skaha/platform-local/container/index.js';
import type { ContainerSettings } from '@skaha/platform-local/container/settings.js';
import { onTestFinished } from 'vitest';
import { temporaryDirectory, until } from '../../../platform/tests/fixtures.js';
import { image } from './engine.js';

let counter = 0;

export interface SetUpOptions {
  readonly settings: ContainerSettings;
  readonly root?: string | undefined;
  readonly graceMs?: number | undefined;
  readonly clock?: Clock | undefined;
}

type Usable = Extract<OpenedRunner, { make: unknown }>;

const opened = new WeakMap<ContainerSettings, Promise<Usable>>();

/** Containers of an engine, which is asked once what it is: some take long to say. */
export async function containersOf(settings: ContainerSettings): Promise<Usable> {
  let found = opened.get(settings);
  if (found === undefined) {
    found = openContainers(settings).then((containers) => {
      if ('obstacle' in containers) throw new Error(containers.obstacle);
      return containers;
    });
    opened.set(settings, found);
  }
  return await found;
}

/** A container runner with everything it needs, and what it reported. */
export async function setUp(options: SetUpOptions) {
  const { settings, graceMs = 300, clock = systemClock, root = temporaryDirectory() } = options;
  const sessions = join(root, 'sessions');
  const home = join(root, 'home');
  for (const path of [sessions, join(root, 'scratch'), home]) mkdirSync(path, { recursive: true });
  const started: string[] = [];
  const ended = new Map<string, RunEnd>();
  const refused = new Map<string, string>();
  const troubles: (string | undefined)[] = [];
  const notes: (RunNote & { key: string })[] = [];
  const instance = root
    .replaceAll(/[^a-zA-Z0-9]/g, '')
    .slice(-12)
    .toLowerCase();
  const directoryOf: RunnerOptions['directoryOf'] = (volume) => {
    if (volume.kind === 'home') return volume.user === 'adastra' ? home : join(root, 'gone');
    if (volume.kind === 'project') return join(root, volume.name);
    if (volume.kind === 'scratch') return join(root, 'scratch', volume.key);
    return join(sessions, volume.id, 'display');
  };
  const make = async (): Promise<Runner> => {
    const runner = (await containersOf(settings)).make({
      data: root,
      sessions,
      scratch: join(root, 'scratch'),
      scripts: root,
      instance,
      clock,
      logger: silentLogger,
      graceMs,
      directoryOf,
      listener: {
        started: (key) => started.push(key),
        ended: (key, end) => ended.set(key, end),
        refused: (key, reason) => refused.set(key, reason),
        noted: (key, note) => notes.push({ key, ...note }),
        pending: () => undefined,
        outOfTouch: (trouble) => troubles.push(trouble),
      },
    });
    onTestFinished(() => runner.close());
    return runner;
  };
  const describeRun = (command: readonly string[], more: Partial<Run> = {}): Run => {
    counter += 1;
    const key = `r${process.pid}x${counter}`;
    const inside = '/arc/home/adastra';
    return {
      key,
      id: key,
      name: `job-${counter}`,
      job: `skaha-headless-adastra-${key}`,
      user: 'adastra',
      uid: process.getuid?.() ?? 1000,
      groups: [],
      kind: 'headless',
      image,
      command,
      environment: { skaha_sessionid: key, HOME: inside, PWD: inside },
      secrets: {},
      volumes: [
        { kind: 'home', user: 'adastra' },
        { kind: 'scratch', key },
      ],
      requests: { cores: 1, memory: 256 * 2 ** 20 },
      limits: { cores: 1, memory: 256 * 2 ** 20, processes: 200 },
      gpus: 0,
      lifetimeSeconds: 86_400,
      network: 'none',
      ...more,
    };
  };
  const log = (run: Run) => readFileSync(join(sessions, `${run.key}.log`), 'utf8');
  const recover = async (runner: Runner, run: Run): Promise<Recovered | undefined> =>
    (await runner.recover([{ run, wasRunning: false }])).get(run.key);
  const over = async (run: Run) => await until(() => ended.get(run.key));
  const shell = (text: string, more: Partial<Run> = {}) =>
    describeRun(['/bin/sh', '-c', text], more);
  const reasons = (run: Run) =>
    notes.filter(({ key }) => key === run.key).map(({ reason }) => reason);
  const said = (run: Run) =>
    notes.filter(({ key }) => key === run.key).map(({ message }) => message);
  return {
    make,
    describeRun,
    shell,
    log,
    over,
    recover,
    troubles,
    started,
    ended,
    refused,
    notes,
    reasons,
    said,
    root,
    home,
  };
}
