import type { Duplex, Writable } from 'node:stream';
import type { TerminalSize } from '@skaha/engine/ports/runner.js';
import type Dockerode from 'dockerode';
import { EngineError, engineError, isMissing } from './engine-error.js';

/** Bounds on how long the engine may take, in milliseconds. */
const answerMs = 30_000;
const changeMs = 120_000;

/** What kind of engine it is. */
export interface EngineFacts {
  readonly name: 'Docker' | 'Podman';
  readonly version: string;
  /** It runs as an ordinary user, whose own number is 0 in its containers. */
  readonly rootless: boolean;
  readonly selinux: boolean;
  /** What makes the control groups of its containers: `systemd`, or itself. */
  readonly groupsBy: string;
}

/** One answer about a container. */
export type ContainerState = Dockerode.ContainerInspectInfo;

/** The bytes of an answer; what it is cut off by becomes an error of this family. */
async function* bytesOf(stream: NodeJS.ReadableStream): AsyncGenerator<Buffer, void> {
  try {
    for await (const chunk of stream) yield Buffer.from(chunk);
  } catch (error) {
    throw engineError(error);
  }
}

async function orNothing<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The signal that asks this container to end, as its image says. */
export function stopSignalOf({ Config }: ContainerState): string {
  // The declarations of the client do not know it.
  const named: unknown = 'StopSignal' in Config ? Config.StopSignal : undefined;
  return typeof named === 'string' && named !== '' ? named : 'SIGTERM';
}

/**
 * Bounds a request in time, and gives it up when a signal says so.
 *
 * @throws {EngineError} when it fails, and the signal's reason
 */
export async function within<Result>(
  milliseconds: number | undefined,
  signal: AbortSignal | undefined,
  ask: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController();
  const late = new EngineError('it does not answer');
  const timer =
    milliseconds === undefined ? undefined : setTimeout(() => limit.abort(late), milliseconds);
  const both = signal === undefined ? limit.signal : AbortSignal.any([limit.signal, signal]);
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(both.reason);
    both.addEventListener('abort', stop, { once: true });
  });
  try {
    both.throwIfAborted();
    return await Promise.race([ask(both), stopped]);
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    throw limit.signal.aborted ? late : engineError(error);
  } finally {
    clearTimeout(timer);
    both.removeEventListener('abort', stop);
  }
}

/** A further command in a container. */
export interface EngineExec {
  readonly stream: Duplex;
  /** Takes the engine's frames apart. */
  split(output: Writable, errors: Writable): void;
  resize(size: TerminalSize): Promise<void>;
  /** Its exit status; undefined while it runs. */
  status(): Promise<number | undefined>;
}

/** The status of a command whose own is not known, as a shell has it for what it cannot say. */
export const unknownStatus = 255;

/**
 * The exit status in what an engine says of a further command; undefined while it runs. Podman says
 * -1 (seen with 4.3.1) when the container ended first.
 */
export function execStatus({ Running, ExitCode }: ExecState): number | undefined {
  if (Running) return undefined;
  return ExitCode !== null && ExitCode < 0 ? unknownStatus : (ExitCode ?? 0);
}

/** What an engine says of a further command. */
type ExecState = Pick<Dockerode.ExecInspectInfo, 'Running' | 'ExitCode'>;

/** A container engine that answers at a socket: Docker's API, which Podman has too. */
export class Engine {
  readonly socket: string;
  readonly facts: EngineFacts;
  readonly #docker: Dockerode;

  private constructor(docker: Dockerode, socket: string, facts: EngineFacts) {
    this.#docker = docker;
    this.socket = socket;
    this.facts = facts;
  }

  /**
   * Asks who answers at a socket.
   *
   * @param patienceMs - how long it may take, in milliseconds
   * @throws {EngineError} when nobody does
   */
  static async connect(socket: string, patienceMs: number, signal?: AbortSignal): Promise<Engine> {
    const { default: Docker } = await import('dockerode');
    const docker = new Docker({ socketPath: socket });
    const [version, info] = await within(patienceMs, signal, async () => {
      return await Promise.all([docker.version(), docker.info()]);
    });
    const components = version.Components ?? [];
    const options: readonly string[] = info.SecurityOptions ?? [];
    return new Engine(docker, socket, {
      name: components.some(({ Name }) => Name.startsWith('Podman')) ? 'Podman' : 'Docker',
      version: version.Version,
      rootless: options.some((option) => option.startsWith('name=rootless')),
      selinux: options.some((option) => option.startsWith('name=selinux')),
      groupsBy: String(info.CgroupDriver),
    });
  }

  /** A container by its name; undefined when there is none. */
  async inspect(name: string): Promise<ContainerState | undefined> {
    return await orNothing(
      within(answerMs, undefined, (abortSignal) =>
        this.#docker.getContainer(name).inspect({ abortSignal }),
      ),
    );
  }

  /** True while a container is there and has not ended. */
  async runs(name: string): Promise<boolean> {
    const state = (await this.inspect(name))?.State;
    return state !== undefined && (state.Running || state.Paused);
  }

  /** Facts about an image of this machine; undefined when it is not here. */
  async image(reference: string): Promise<Dockerode.ImageInspectInfo | undefined> {
    return await orNothing(
      within(answerMs, undefined, () => this.#docker.getImage(reference).inspect()),
    );
  }

  /** Makes a container, not yet started. */
  async create(options: Dockerode.ContainerCreateOptions): Promise<void> {
    await within(changeMs, undefined, (abortSignal) =>
      this.#docker.createContainer({ ...options, abortSignal }),
    );
  }

  async start(name: string): Promise<void> {
    await within(changeMs, undefined, (abortSignal) =>
      this.#docker.getContainer(name).start({ abortSignal }),
    );
  }

  /** Sends a signal; a container that does not run is no error. */
  async kill(name: string, signal: string): Promise<void> {
    try {
      await within(answerMs, undefined, (abortSignal) =>
        this.#docker.getContainer(name).kill({ signal, abortSignal }),
      );
    } catch (error) {
      const { status } = engineError(error);
      // Docker calls it a conflict, Podman a conflict or (older) a fault of its own.
      if (status !== 404 && status !== 409 && status !== 500) throw error;
    }
  }

  /** Removes a container with what it wrote, ending it when it runs; none is no error. */
  async remove(name: string): Promise<void> {
    const options = { force: true, v: true };
    await orNothing(
      within(changeMs, undefined, () => this.#docker.getContainer(name).remove(options)),
    );
  }

  /** Resolves once a container runs no longer. */
  async over(name: string, signal: AbortSignal): Promise<void> {
    await within(undefined, signal, (abortSignal) =>
      this.#docker.getContainer(name).wait({ abortSignal }),
    );
  }

  /**
   * The output of a container from its beginning, in the engine's frames. It ends when the
   * container has ended and all of it was sent.
   */
  async logs(name: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    // One of its own: what follows an answer goes on listening to it.
    const abortSignal = AbortSignal.any([signal]);
    return await within(answerMs, signal, async () => {
      // Asked for what there is, without following it, the client collects it all in memory.
      const options = { stdout: true, stderr: true, follow: true, abortSignal } as const;
      return bytesOf(await this.#docker.getContainer(name).logs(options));
    });
  }

  /** Begins a further command in a container that runs. */
  async exec(name: string, options: Dockerode.ExecCreateOptions): Promise<EngineExec> {
    return await within(answerMs, undefined, async (abortSignal) => {
      const container = this.#docker.getContainer(name);
      const exec = await container.exec({
        ...options,
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        abortSignal,
      });
      const { Tty = false } = options;
      const stream = await exec.start({ hijack: true, stdin: true, Tty });
      return {
        stream,
        split: (output, errors) => this.#docker.modem.demuxStream(stream, output, errors),
        resize: async ({ columns, rows }) => {
          await within(answerMs, undefined, () => exec.resize({ w: columns, h: rows }));
        },
        status: async () => {
          return execStatus(await within(answerMs, undefined, () => exec.inspect()));
        },
      };
    });
  }

  async stats(name: string): Promise<Dockerode.ContainerStats> {
    const options = { stream: false, 'one-shot': true } as const;
    return await within(answerMs, undefined, () => this.#docker.getContainer(name).stats(options));
  }

  /** Names of all containers that carry a label, running or not. */
  async labelled(label: string): Promise<Dockerode.ContainerInfo[]> {
    const filters = { label: [label] };
    return await within(answerMs, undefined, (abortSignal) =>
      this.#docker.listContainers({ all: true, filters, abortSignal }),
    );
  }

  /** Begins to pull an image; what comes are the engine's reports, one JSON value a line. */
  async pull(
    reference: string,
    login: { readonly username: string; readonly password: string } | undefined,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Buffer>> {
    const options = login === undefined ? {} : { authconfig: login };
    return await within(undefined, signal, async (abortSignal) =>
      bytesOf(await this.#docker.pull(reference, { ...options, abortSignal })),
    );
  }
}
