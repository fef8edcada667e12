import type { Clock } from '@skaha/base/clock.js';
import { dial } from '@skaha/engine/ports/dial.js';
import type { Endpoint } from '@skaha/engine/ports/pages.js';
import type { ContainerState } from './engine.js';

/** How long a page may take until it answers, and in what steps we look, in milliseconds. */
const patienceMs = 300_000;
const stepMs = 100;

/** A server that accepts a connection and does not close it within this time is there, in milliseconds. */
const silenceMs = 2_000;

const question = 'HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

/** The port of this machine that leads to a port of a container; undefined when none does. */
export function publishedPort(state: ContainerState, port: number): number | undefined {
  if (state.HostConfig.NetworkMode === 'host') return port;
  const [binding] = state.NetworkSettings.Ports[`${port}/tcp`] ?? [];
  const found = Number(binding?.HostPort);
  return Number.isInteger(found) && found > 0 ? found : undefined;
}

/**
 * Resolves once a page answers.
 *
 * @throws when it does not in five minutes, or the signal aborts
 */
export async function pageAnswers(
  endpoint: Endpoint,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (let waited = 0; waited < patienceMs; waited += stepMs) {
    const answers = await answersAt(endpoint);
    signal.throwIfAborted();
    if (answers) return;
    await clock.sleep(stepMs, signal);
  }
  throw new Error('its page did not answer in five minutes');
}

/**
 * True when something in a container answers at a port that the engine leads there. That the port
 * takes callers says nothing: the engine does so itself, and hangs up on those it cannot lead on.
 */
async function answersAt(endpoint: Endpoint): Promise<boolean> {
  const socket = await dial(endpoint).catch(() => undefined);
  if (socket === undefined) return false;
  return await new Promise((resolve) => {
    const finish = (found: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(found);
    };
    const timer = setTimeout(() => finish(!socket.readableEnded && !socket.destroyed), silenceMs);
    socket.once('data', () => finish(true));
    socket.once('end', () => finish(false));
    socket.on('error', () => finish(false));
    socket.write(question);
  });
}
