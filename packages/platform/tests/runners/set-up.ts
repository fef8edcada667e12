import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '@skaha/base/clock.js';
import { silentLogger } from '@skaha/base/logger.js';
import type { Run, RunEnd, RunNote, Runner, RunnerParts } from '@skaha/engine/ports/runner.js';
import { onTestFinished } from 'vitest';
import { temporaryDirectory, until } from '../fixtures.js';

let counter = 0;
const gib = 2 ** 30;

/** Makes the runner that is tried. */
export type MakeRunner = (parts: RunnerParts) => Runner | Promise<Runner>;

/** A runner with everything it needs, and what it reported. */
export class RunnerBench {
  readonly root: string;
  readonly home: string;
  readonly started: string[] = [];
  readonly ended = new Map<string, RunEnd>();
  readonly refused = new Map<string, string>();
  readonly notes: [string, RunNote][] = [];
  readonly parts: RunnerParts;
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
      homeOf: (user) => join(this.root, 'arc', 'home', user),
      listener: {
        started: (key) => this.started.push(key),
        ended: (key, end) => this.ended.set(key, end),
        refused: (key, reason) => this.refused.set(key, reason),
        noted: (key, note) => this.notes.push([key, note]),
      },
    };
  }

  path(name: string): string {
    return join(this.root, name);
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
      user: 'ada',
      uid: process.getuid?.() ?? 1000,
      kind: 'headless',
      image: 'images.example.org/tests/machine:1',
      command,
      environment: { skaha_sessionid: key, HOME: this.homeInside },
      home: this.home,
      mounts: [],
      limits: { cores: 1, memory: gib, processes: 256 },
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

  log(run: Run, runner: Runner): string {
    return readFileSync(runner.logFile(run.key), 'utf8');
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
