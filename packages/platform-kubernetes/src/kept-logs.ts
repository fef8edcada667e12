import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { LogRange, RunLog } from '@skaha/engine/ports/logs.js';
import { fileSize } from '@skaha/service/held.js';
import { isMissing, KubernetesError } from './client/failure.js';
import { containerName } from './names.js';
import type { Surroundings } from './surroundings.js';

const wholeName = 'log';
const partName = 'log.part';

/** The end of a log of which the rest was not kept. */
const cutNote = '\n[skaha: the rest of this log was not kept]\n';

const emptyLog: RunLog = { size: 0, stream: () => Readable.from([]) };

/**
 * The logs of sessions: read from the cluster while there is a pod, and from a file on this machine
 * once its end was seen, because a log goes with its pod.
 */
export class KeptLogs {
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /**
   * The log of a session.
   *
   * @param pod - name of its pod; undefined when there is none
   */
  async read(key: string, pod: string | undefined): Promise<RunLog> {
    for (const name of [wholeName, ...(pod === undefined ? [partName] : [])]) {
      const path = this.#path(key, name);
      const size = await fileSize(path);
      if (size > 0) return { size, stream: (range) => fileStream(path, range) };
    }
    if (pod === undefined) return emptyLog;
    return {
      size: undefined,
      stream: (range) => Readable.from(this.#fromPod(pod, range)),
    };
  }

  async *#fromPod(pod: string, range: LogRange = { start: 0 }): AsyncGenerator<Buffer> {
    const { client, namespace } = this.#surroundings.cluster;
    let at = 0;
    const end = range.end ?? Number.POSITIVE_INFINITY;
    const limitBytes = Number.isFinite(end) ? Math.max(1, end) : undefined;
    try {
      const query = { container: containerName, limitBytes };
      for await (const piece of await client.log(namespace, pod, query)) {
        const data = piece as Buffer;
        const [from, to] = [Math.max(0, range.start - at), Math.min(data.length, end - at)];
        if (to > from) yield data.subarray(from, to);
        at += data.length;
        if (at >= end) return;
      }
    } catch (error) {
      // Before its container was made there is nothing to read.
      if (!isUnwritten(error)) throw error;
    }
  }

  /**
   * Keeps the log of a pod whose command has ended. What cannot be had any more is left out.
   *
   * @param pod - its name
   */
  async keep(key: string, pod: string, signal: AbortSignal): Promise<void> {
    await this.save(key, pod, signal);
    await this.settle(key);
  }

  /**
   * Copies the log of a pod to its end, which is still to come.
   *
   * @param opening - gives up the attempt
   * @param closing - ends the copying
   * @returns once it has started; `done` never rejects
   */
  async follow(
    key: string,
    pod: string,
    opening: AbortSignal,
    closing: AbortSignal,
  ): Promise<{ readonly done: Promise<void> }> {
    const { client, namespace } = this.#surroundings.cluster;
    const query = { container: containerName, follow: true };
    const answer = await client.log(namespace, pod, query, opening);
    return { done: this.#write(key, answer, closing).catch(() => undefined) };
  }

  /** What was copied is all there is. */
  async settle(key: string): Promise<void> {
    const [part, whole] = [this.#path(key, partName), this.#path(key, wholeName)];
    await rename(part, whole).catch(() => undefined);
  }

  /** Keeps what a pod has said so far, for the case that it is gone before its end is seen. */
  async save(key: string, pod: string, signal: AbortSignal): Promise<void> {
    const { client, namespace } = this.#surroundings.cluster;
    const answer = await client
      .log(namespace, pod, { container: containerName }, signal)
      .catch((error: unknown) => {
        if (isUnwritten(error)) return undefined;
        throw error;
      });
    if (answer !== undefined) await this.#write(key, answer, signal);
  }

  async #write(key: string, answer: Readable, signal: AbortSignal): Promise<void> {
    const { settings } = this.#surroundings.cluster;
    await mkdir(this.#surroundings.folderOf(key), { recursive: true, mode: 0o700 });
    const file = createWriteStream(this.#path(key, partName), { mode: 0o600 });
    await pipeline(answer, new Bounded(settings.logBytes), file, { signal });
  }

  async forget(key: string): Promise<void> {
    await rm(this.#surroundings.folderOf(key), { recursive: true, force: true });
  }

  #path(key: string, name: string): string {
    return join(this.#surroundings.folderOf(key), name);
  }
}

const fileStream = (path: string, range?: LogRange): Readable =>
  createReadStream(path, {
    start: range?.start ?? 0,
    ...(range?.end === undefined ? {} : { end: Math.max(0, range.end - 1) }),
  });

/** True where a container has written nothing yet, or was never made. */
const isUnwritten = (error: unknown): boolean =>
  isMissing(error) || (error instanceof KubernetesError && error.status === 400);

/** Lets this many bytes through, and then a note. */
class Bounded extends Transform {
  #left: number;
  #isCut = false;

  constructor(most: number) {
    super();
    this.#left = most;
  }

  override _transform(piece: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const kept = piece.subarray(0, this.#left);
    this.#left -= kept.length;
    this.push(kept);
    if (kept.length < piece.length && !this.#isCut) {
      this.#isCut = true;
      this.push(cutNote);
    }
    done();
  }
}
