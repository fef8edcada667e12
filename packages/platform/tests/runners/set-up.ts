import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { systemClock } from '@skaha/base/clock.js';
import { silentLogger } from '@skaha/base/logger.js';
import type {
  Recovered,
  Run,
  RunEnd,
  RunNote,
  Runner,
  RunnerOptions,
  RunUsage,
} from '@skaha/engine/ports/runner.js';
import type { Volume } from '@skaha/engine/ports/volumes.js';
import { onTestFinished } from 'vitest';
import { temporaryDirectory, until } from '../fixtures.js';

let counter = 0;
const gib = 2 ** 30;

/** Makes the runner that is tried. */
export type MakeRunner = (parts: RunnerOptions) => Runner | Promise<Runner>;

/** A runner with everything it needs, and what it reported. */
export class RunnerBench {
  readonly root: string;
  readonly home: string;
  readonly started: string[] = [];
  readonly pending: string[] = [];
  readonly ended = new Map<string, RunEnd>();
  readonly refused = new Map<string, string>();
  readonly notes: [string, RunNote][] = [];
  readonly parts: RunnerOptions;
  readonly #make: MakeRunner;

  constructor(make: MakeRunner, graceMs = 300) {
    this.#make = make;
    this.root = temporaryDirectory();
    this.home = join(this.root, 'arc', 'home', 'ada');
    for (const path of [this.home, this.path('sessions'), this.path('scratch')]) {
      mkdirSync(path, { recursive: true });
    }
    this.parts = {
      data: this.root,
      sessions: this.path('sessions'),
      scratch: this.path('scratch'),
      scripts: this.root,
      instance: `t${process.pid}${this.root.slice(-6)}`,
      clock: systemClock,
      logger: silentLogger,
      graceMs,
      directoryOf: (volume) => this.#directoryOf(volume),
      listener: {
        started: (key) => this.started.push(key),
        ended: (key, end) => this.ended.set(key, end),
        refused: (key, reason) => this.refused.set(key, reason),
        noted: (key, note) => this.notes.push([key, note]),
        pending: (key) => this.pending.push(key),
        outOfTouch: () => undefined,
      },
    };
  }

  path(name: string): string {
    return join(this.root, name);
  }

  project(name: string): string {
    return this.path(`arc/projects/${name}`);
  }

  #directoryOf(volume: Volume): string {
    if (volume.kind === 'home') return this.path(`arc/home/${volume.user}`);
    if (volume.kind === 'project') return this.project(volume.name);
    if (volume.kind === 'scratch') return join(this.path('scratch'), volume.key);
    return join(this.path('sessions'), volume.id, 'display');
  }

  async runner(): Promise<Runner> {
    const runner = await this.#make(this.parts);
    onTestFinished(() => runner.close());
    return runner;
  }

  /** A run of a command; `more` replaces any part of it. */
  run(command: readonly string[], more: Partial<Run> = {}): Run {
    counter += 1;
    const key = `r${process.pid}x${counter}`;
    return {
      key,
      id: key,
      name: `job-${counter}`,
      job: `skaha-headless-ada-${key}`,
      user: 'ada',
      uid: process.getuid?.() ?? 1000,
      groups: [],
      kind: 'headless',
      image: 'images.example.org/tests/machine:1',
      command,
      environment: { skaha_sessionid: key, HOME: this.homeInside },
      secrets: {},
      volumes: [
        { kind: 'home', user: 'ada' },
        { kind: 'scratch', key },
      ],
      requests: { cores: 1, memory: gib },
      limits: { cores: 1, memory: gib, processes: 256 },
      gpus: 0,
      lifetimeSeconds: 86_400,
      network: 'none',
      ...more,
    };
  }

  /** Where sessions see the home; set once a runner is there. */
  homeInside = '';

  /** A run of a script that lies in the home. */
  shell(text: string, more: Partial<Run> = {}): Run {
    const name = `s${counter}.sh`;
    writeFileSync(join(this.home, name), text);
    return this.run(['/bin/sh', name], more);
  }

  /** All that it has written so far. */
  async log(run: Run, runner: Runner): Promise<string> {
    return await text((await runner.logs(run.key)).stream());
  }

  async recover(run: Run, runner: Runner, wasRunning = false): Promise<Recovered | undefined> {
    return (await runner.recover([{ run, wasRunning }])).get(run.key);
  }

  async usage(run: Run, runner: Runner): Promise<RunUsage | undefined> {
    return (await runner.usage([run.key])).get(run.key);
  }

  scratch(run: Run): string {
    return join(this.path('scratch'), run.key);
  }

  async over(run: Run): Promise<RunEnd> {
    return await until(() => {
      const reason = this.refused.get(run.key);
      if (reason !== undefined) throw new Error(`refused: ${reason}`);
      return this.ended.get(run.key);
    });
  }

  async hasStarted(run: Run): Promise<void> {
    await until(() => this.started.includes(run.key));
  }
}
