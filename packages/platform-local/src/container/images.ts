import type { Clock } from '@skaha/base/clock.js';
import type { RegistryLogin, Run, RunNote } from '@skaha/engine/ports/runner.js';
import * as z from 'zod/mini';
import { type Engine, within } from './engine.js';
import { EngineError, engineError, isUnreachable } from './engine-error.js';
import { backOff } from './retrying.js';
import type { PullPolicy } from './settings.js';

/** The longest an engine may be silent while it pulls, in milliseconds. */
const silenceMs = 300_000;

/** The longest an engine's message may be in an event. */
const longestReason = 500;

/** Says something about a session in its events. */
export type Note = (level: RunNote['level'], reason: string, message: string) => void;

/** Makes images ready on this machine, and reports it as a cluster does. */
export class ImageStore {
  readonly #engine: Engine;
  readonly #policy: PullPolicy;
  readonly #clock: Clock;
  /** Pulls under way that others may wait for too: those that need no login. */
  readonly #shared = new Map<string, Promise<void>>();

  constructor(engine: Engine, policy: PullPolicy, clock: Clock) {
    this.#engine = engine;
    this.#policy = policy;
    this.#clock = clock;
  }

  /**
   * Resolves once the image of a run is here. A pull that fails is tried again for as long as the
   * session lives, with growing pauses, as a cluster does.
   *
   * @param login - opens the registry
   * @param signal - gives it up
   * @throws {EngineError} when the engine does not answer
   */
  async ensure(
    run: Run,
    login: RegistryLogin | undefined,
    note: Note,
    signal: AbortSignal,
  ): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      const failure = await this.#try(run, login, note, signal);
      if (failure === undefined) return;
      note('Warning', 'Failed', failure.message);
      note('Warning', 'Failed', `Error: ${failure.first}`);
      if (failure.first === 'ErrImagePull') {
        note('Normal', 'BackOff', `Back-off pulling image "${run.image}"`);
        note('Warning', 'Failed', 'Error: ImagePullBackOff');
      }
      await backOff(this.#clock, attempt, signal);
    }
  }

  async #try(
    run: Run,
    login: RegistryLogin | undefined,
    note: Note,
    signal: AbortSignal,
  ): Promise<{ readonly first: string; readonly message: string } | undefined> {
    const { image } = run;
    // Others may have pulled a private image before: its registry has to let this user in too.
    const asks = login?.isPrivate === true || this.#policy === 'always';
    if (!asks && (await this.#engine.image(image)) !== undefined) {
      note('Normal', 'Pulled', `Container image "${image}" already present on machine`);
      return undefined;
    }
    if (this.#policy === 'never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      return { first: 'ErrImageNeverPull', message };
    }
    note('Normal', 'Pulling', `Pulling image "${image}"`);
    const begun = this.#clock.now();
    try {
      await this.#pull(image, login, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isUnreachable(error)) throw error;
      const reason = withoutSecret(engineError(error).message, login);
      return { first: 'ErrImagePull', message: `Failed to pull image "${image}": ${reason}` };
    }
    const seconds = ((this.#clock.now() - begun) / 1000).toFixed(1);
    note('Normal', 'Pulled', `Successfully pulled image "${image}" in ${seconds}s`);
    return undefined;
  }

  async #pull(image: string, login: RegistryLogin | undefined, signal: AbortSignal): Promise<void> {
    if (login !== undefined) {
      await pullOnce(this.#engine, image, login, signal);
      return;
    }
    let pulling = this.#shared.get(image);
    if (pulling === undefined) {
      pulling = pullOnce(this.#engine, image, undefined, undefined);
      this.#shared.set(image, pulling);
      void pulling.catch(() => undefined).finally(() => this.#shared.delete(image));
    }
    const shared = pulling;
    await within(undefined, signal, async () => await shared);
  }
}

/** One pull; the engine reports a failure in the middle of an answer that began well. */
async function pullOnce(
  engine: Engine,
  image: string,
  login: RegistryLogin | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const silent = new AbortController();
  const hush = () =>
    silent.abort(new EngineError('nothing was heard of it for too long', { status: 504 }));
  const timer = setTimeout(hush, silenceMs);
  timer.unref();
  const both = signal === undefined ? silent.signal : AbortSignal.any([silent.signal, signal]);
  try {
    const auth =
      login === undefined ? undefined : { username: login.username, password: login.secret };
    for await (const report of reportsOf(await engine.pull(image, auth, both))) {
      timer.refresh();
      if (report.error !== undefined) throw new EngineError(report.error, { status: 500 });
    }
  } finally {
    clearTimeout(timer);
  }
}

async function* reportsOf(
  bytes: AsyncIterable<Buffer>,
): AsyncGenerator<{ readonly error?: string | undefined }, void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of bytes) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) yield reportOf(line);
  }
  yield reportOf(text);
}

const reportSchema = z.object({ error: z.optional(z.string()) });

function reportOf(line: string): { readonly error?: string | undefined } {
  if (line.trim() === '') return {};
  try {
    return reportSchema.parse(JSON.parse(line));
  } catch {
    return {};
  }
}

function withoutSecret(message: string, login: RegistryLogin | undefined): string {
  const line = message.replaceAll(/\s+/g, ' ').trim().slice(0, longestReason);
  return login === undefined ? line : line.replaceAll(login.secret, '***');
}
