import { appendFile } from 'node:fs/promises';
import type { Endpoint } from '@skaha/engine/ports/pages.js';
import type { Run, RunEnd, RunNote, RunnerOptions } from '@skaha/engine/ports/runner.js';
import { reasonOf } from '@skaha/service/errors.js';
import type { ConnectToPort } from '../confinement.js';
import { waitAtMost } from '../processes/wait-at-most.js';
import type { RunFiles } from '../runs/run-files.js';
import { type ContainerState, type Engine, stopSignalOf } from './engine.js';
import { isUnreachable } from './engine-error.js';
import type { ImageStore, Note } from './images.js';
import { Output } from './output.js';
import { pageAnswers, publishedPort } from './page-start.js';
import { backOff, retried, untilOver } from './retrying.js';
import { forgetLogin, type RunFacts, readFacts, readLogin, writeFacts } from './run-record.js';
import { noCommand, type StartFailure, startFailure } from './start-failure.js';

/** How long an engine that does not answer is asked to end a session, in milliseconds. */
const enginePatienceMs = 30_000;

/** How long to wait for a killed session to be gone, in milliseconds. */
const killPatienceMs = 10_000;

/** What the runs of one runner share. */
export interface ContainerServices {
  readonly engine: Engine;
  readonly images: ImageStore;
  readonly options: RunnerOptions;
  /** Aborts when the platform stops watching. */
  readonly closing: AbortSignal;
  /** Makes the container of a run, not yet started. */
  create(run: Run, note: (note: RunNote) => void): Promise<void>;
  nameOf(key: string): string;
  /** True when the run used up its memory, as far as can be seen from outside the engine. */
  wasOutOfMemory(run: Run): Promise<boolean>;
  /** What a run of an earlier platform needs from this one. */
  attend(run: Run): Promise<RunNote | undefined>;
  /** How to reach a page in a network made by the platform; undefined if the engine publishes the port. */
  reach(key: string): Promise<ConnectToPort | undefined>;
  /** Removes what was made for a container that no longer exists. */
  clearUp(key: string): Promise<void>;
}

/** One session in a container, from its image to its end. */
export class ContainerRun {
  readonly run: Run;
  readonly #files: RunFiles;
  readonly #services: ContainerServices;
  readonly #name: string;
  /** Aborts when the session must not begin, or not continue. */
  readonly #unwanted = new AbortController();
  readonly #output: Output;
  readonly #over: Promise<void>;
  #finish: () => void = () => undefined;
  #isOver = false;
  #hasBegun = false;
  /** True once we killed it: then an end by signal 9 is our own doing. */
  #killed = false;

  constructor(run: Run, files: RunFiles, services: ContainerServices) {
    this.run = run;
    this.#files = files;
    this.#services = services;
    this.#name = services.nameOf(run.key);
    this.#output = new Output(services.engine, this.#name, files.log, services.options.logger);
    this.#over = new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  /** Resolves when the session is over, or no longer watched. */
  async live(): Promise<void> {
    await this.#guarded(async () => {
      if (!(await this.#begin())) return;
      if (this.#unwanted.signal.aborted) await this.#kill();
      await this.#watch();
    });
  }

  /** Watches a container that an earlier platform started. */
  async adopt(): Promise<void> {
    this.#hasBegun = true;
    await this.#guarded(async () => {
      // Whether it still runs, only the engine knows.
      await this.#retried(async () => await this.#services.engine.inspect(this.#name));
      const note = await this.#services.attend(this.run);
      if (note !== undefined) this.#noted(note);
      await this.#watch();
    });
  }

  /** Asks the engine again while it does not answer, and reports that it does not. */
  async #retried<Result>(
    ask: () => Promise<Result>,
    closing = this.#services.closing,
  ): Promise<Result> {
    const { listener } = this.#services.options;
    return await retried(ask, closing, (trouble) => listener.outOfTouch(trouble));
  }

  /** Ends the session; resolves when it is over. */
  async terminate(): Promise<void> {
    this.#unwanted.abort(new Error('the session is ended'));
    const { engine, options, closing } = this.#services;
    if (this.#hasBegun) {
      const patience = AbortSignal.any([closing, AbortSignal.timeout(enginePatienceMs)]);
      await this.#retried(async () => {
        const state = await engine.inspect(this.#name);
        if (state !== undefined) await engine.kill(this.#name, stopSignalOf(state));
      }, patience);
      await waitAtMost(options.graceMs, this.#over);
      if (this.#isOver) return;
      await this.#retried(async () => await this.#kill(), patience);
    }
    // An engine that does not end a container must not hang the platform.
    await waitAtMost(killPatienceMs, this.#over);
  }

  async #kill(): Promise<void> {
    this.#killed = true;
    await this.#services.engine.kill(this.#name, 'SIGKILL');
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    const { closing, options } = this.#services;
    try {
      await work();
    } catch (error) {
      if (closing.aborted) return;
      if (!this.#unwanted.signal.aborted) await this.#refuse(error);
      else await this.#ended({ status: undefined });
    } finally {
      this.#isOver = true;
      this.#finish();
      if (!closing.aborted)
        options.logger.info(`container of ${this.run.key.slice(0, 4)}… has ended`);
    }
  }

  async #refuse(error: unknown): Promise<void> {
    const { engine, options } = this.#services;
    // What stays of it is tidied up at the next start; the refusal must be reported in any case.
    await engine.remove(this.#name).catch(() => undefined);
    forgetLogin(this.#files.directory);
    await this.#services.clearUp(this.run.key);
    await this.#files.emptyScratch().catch(() => undefined);
    options.listener.refused(this.run.key, `Cannot start the session: ${reasonOf(error)}`);
  }

  /** Makes and starts the container; false when its command cannot be started. */
  async #begin(): Promise<boolean> {
    const { options, closing } = this.#services;
    const wanted = AbortSignal.any([this.#unwanted.signal, closing]);
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#beginOnce(wanted);
      } catch (error) {
        wanted.throwIfAborted();
        if (!isUnreachable(error)) throw error;
        const reason = `Failed to create the container: the container engine: ${reasonOf(error)}`;
        this.#note('Warning', 'FailedCreatePodSandBox', reason);
        await backOff(options.clock, attempt, wanted);
      }
    }
  }

  async #beginOnce(wanted: AbortSignal): Promise<boolean> {
    const { engine, images } = this.#services;
    // An earlier attempt may have come further than we learned of.
    let found = await engine.inspect(this.#name);
    if (found?.State.Status === 'created' || found?.State.Status === 'configured') {
      await engine.remove(this.#name);
      found = undefined;
    }
    if (found === undefined) {
      const { directory } = this.#files;
      await images.ensure(this.run, readLogin(directory), this.#note, wanted);
      // An engine would take it for no command at all.
      if (this.run.command[0] === '') return await this.#unstartable(noCommand(''));
      // From here on there may be a container.
      await this.#remember({});
      await this.#services.create(this.run, this.#noted);
      this.#note('Normal', 'Created', `Created container ${this.run.kind}`);
      wanted.throwIfAborted();
      if (!(await this.#start())) return false;
    }
    this.#hasBegun = true;
    forgetLogin(this.#files.directory);
    return true;
  }

  async #start(): Promise<boolean> {
    const { engine } = this.#services;
    const [word] = this.run.command;
    await this.#remember({ begun: true });
    try {
      await engine.start(this.#name);
      return true;
    } catch (error) {
      const failure = startFailure(error, word);
      if (failure === undefined) throw error;
      return await this.#unstartable(failure);
    }
  }

  /** As in a shell: the output says what is wrong, the status that it never ran. */
  async #unstartable({ line, status }: StartFailure): Promise<false> {
    await appendFile(this.#files.log, line, { mode: 0o600 });
    await this.#ended({ status });
    return false;
  }

  /** Reports the start, keeps the output, and waits for the end. */
  async #watch(): Promise<void> {
    const watching = new AbortController();
    const signal = AbortSignal.any([watching.signal, this.#services.closing]);
    const following = this.#output.follow(signal);
    const starting = this.#reportStart(signal);
    try {
      await this.#waitForEnd();
    } finally {
      watching.abort();
      await Promise.all([following, starting]);
    }
    const state = await this.#retried(async () => await this.#services.engine.inspect(this.#name));
    const end = await this.#endOf(state);
    if (state !== undefined) await this.#output.complete(this.#services.closing);
    await this.#ended(end);
  }

  async #waitForEnd(): Promise<void> {
    const { engine, closing } = this.#services;
    await this.#retried(async () => {
      if (!(await engine.runs(this.#name))) return;
      // The engine did not answer when it should have ended it.
      if (this.#unwanted.signal.aborted) await this.#kill();
      await untilOver(engine, this.#name, closing);
    });
  }

  async #reportStart(signal: AbortSignal): Promise<void> {
    const { options } = this.#services;
    const { page, key } = this.run;
    try {
      if (page === undefined) {
        options.listener.started(key);
        return;
      }
      await pageAnswers(await this.#pageAt(page.port), options.clock, signal);
      options.listener.started(key);
    } catch (error) {
      if (signal.aborted) return;
      this.#note('Warning', 'Unhealthy', `Startup probe failed: ${reasonOf(error)}`);
      // Without the engine it cannot be ended now; the deadline of the session ends it.
      await this.#kill().catch(() => undefined);
    }
  }

  /** Where a page is, which is remembered for platforms to come. */
  async #pageAt(port: number): Promise<Endpoint> {
    const { engine, reach } = this.#services;
    const connect = await reach(this.run.key);
    if (connect !== undefined) {
      await this.#remember({ begun: true, port });
      return { connect: async () => await connect(port) };
    }
    const state = await engine.inspect(this.#name);
    const published = state === undefined ? undefined : publishedPort(state, port);
    if (published === undefined) throw new Error('its page has no port on this machine');
    await this.#remember({ begun: true, port: published });
    return { host: '127.0.0.1', port: published };
  }

  async #endOf(state: ContainerState | undefined): Promise<RunEnd> {
    // Removed by somebody else: how it ended went with it.
    if (state === undefined) return { status: undefined };
    const { ExitCode, FinishedAt, OOMKilled } = state.State;
    const at = Date.parse(FinishedAt);
    const suspicious = ExitCode === 137 && !this.#killed;
    const outOfMemory =
      OOMKilled || (suspicious && (await this.#services.wasOutOfMemory(this.run)));
    return {
      status: ExitCode,
      ...(Number.isNaN(at) ? {} : { at }),
      ...(outOfMemory ? { cause: { reason: 'OOMKilled' } } : {}),
    };
  }

  /** Keeps the end and what was said, and only then lets the container go. */
  async #ended(end: RunEnd): Promise<void> {
    const { engine, options, closing } = this.#services;
    if (closing.aborted) return;
    try {
      await this.#remember({ begun: true, end });
      forgetLogin(this.#files.directory);
      await engine.remove(this.#name);
    } catch (error) {
      // As long as its end is not written down, it is kept in the container.
      options.logger.warn(`cannot let go of a container: ${reasonOf(error)}`);
    }
    await this.#services.clearUp(this.run.key);
    await this.#files.emptyScratch().catch((error: unknown) => {
      options.logger.warn(`cannot empty a scratch space: ${reasonOf(error)}`);
    });
    options.listener.ended(this.run.key, end);
  }

  readonly #note: Note = (level, reason, message) => this.#noted({ level, reason, message });

  readonly #noted = (note: RunNote): void => {
    if (!this.#services.closing.aborted) this.#services.options.listener.noted(this.run.key, note);
  };

  async #remember(facts: RunFacts): Promise<void> {
    const known = await readFacts(this.#files.directory);
    writeFacts(this.#files.directory, { ...known, ...facts });
  }
}
