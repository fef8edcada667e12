import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '@skaha/base/logger.js';
import { reasonOf } from '@skaha/service/errors.js';
import type { Engine } from './engine.js';
import { EngineError } from './engine-error.js';
import { engineStepMs, retried } from './retrying.js';

const headerLength = 8;

/**
 * Takes the output of a container out of an engine's frames: eight bytes that say which stream and
 * how many bytes follow, then those bytes (Docker Engine API, attach).
 *
 * @param frames - as they come, cut anywhere
 * @param skip - how many bytes of output to leave out at the beginning
 */
export async function* outputOf(
  frames: AsyncIterable<Buffer>,
  skip: number,
): AsyncGenerator<Buffer, void> {
  let header = Buffer.alloc(0);
  let left = 0;
  let unwanted = skip;
  for await (const chunk of frames) {
    let rest = chunk;
    while (rest.length > 0) {
      if (left === 0) {
        const missing = headerLength - header.length;
        header = Buffer.concat([header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (header.length < headerLength) break;
        // Podman puts an error of its own where frames should be.
        if (header.readUInt32BE(0) & 0xfcffffff) {
          throw new EngineError('it does not tell the output', { status: 500 });
        }
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
        continue;
      }
      const part = rest.subarray(0, left);
      rest = rest.subarray(part.length);
      left -= part.length;
      const dropped = Math.min(unwanted, part.length);
      unwanted -= dropped;
      if (dropped < part.length) yield part.subarray(dropped);
    }
  }
}

/**
 * Appends to a log what it does not have yet of a container's output. The engine sends it from the
 * beginning each time and always the same, so the length of the log says where to go on: nothing
 * is lost or doubled, whenever a copy was cut off.
 */
export async function appendOutput(frames: AsyncIterable<Buffer>, log: string): Promise<void> {
  const { size } = await stat(log).catch(() => ({ size: 0 }));
  const file = createWriteStream(log, { flags: 'a', mode: 0o600 });
  await pipeline(outputOf(frames, size), file);
}

/** The output of a container, on its way into the log of its session. */
export class Output {
  readonly #engine: Engine;
  readonly #container: string;
  readonly #log: string;
  readonly #logger: Logger;

  constructor(engine: Engine, container: string, log: string, logger: Logger) {
    this.#engine = engine;
    this.#container = container;
    this.#log = log;
    this.#logger = logger;
  }

  /** Copies what is said, as it is said, until a signal ends it. Never rejects. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#copy(signal);
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#logger.warn(`cannot follow the output of a session: ${reasonOf(error)}`);
        await pause(engineStepMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Copies what was said while nobody listened, and the last words of a container that ended. */
  async complete(closing: AbortSignal): Promise<void> {
    try {
      await retried(async () => await this.#copy(closing), closing);
    } catch (error) {
      closing.throwIfAborted();
      this.#logger.warn(`the output of a session is not complete: ${reasonOf(error)}`);
    }
  }

  async #copy(signal: AbortSignal): Promise<void> {
    await appendOutput(await this.#engine.logs(this.#container, signal), this.#log);
  }
}
