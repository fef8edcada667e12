import type { Fault, FaultKind } from '@skaha/engine/faults/fault.js';
import { dataLayout } from '@skaha/service/data.js';
import { PlatformError } from '@skaha/service/errors.js';
import { ask, describeQuickly } from './client.js';
import { readServerFile } from './server-file.js';

const timeoutMs = 5_000;

/** Options to address a platform. */
export interface FaultCallOptions {
  /** Its data directory. @default as for `startPlatform` */
  data?: string | undefined;
  /** Cancels the call. */
  signal?: AbortSignal | undefined;
}

async function call(
  method: 'GET' | 'POST' | 'DELETE',
  query: Readonly<Record<string, string>>,
  { data, signal }: FaultCallOptions,
): Promise<readonly Fault[]> {
  const layout = dataLayout(data);
  // A platform that lost its server file writes it again while its status is requested.
  const running = await describeQuickly(data);
  const server = readServerFile(layout);
  if (server === undefined || running === undefined) {
    throw new PlatformError('platform.not_running', 'No platform is running.', {
      hint: "Start it first: 'skaha platform start --detach'",
    });
  }
  const timeout = AbortSignal.timeout(timeoutMs);
  const limit = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const words = new URLSearchParams(query).toString();
  const reply = await ask(layout, server, method, `faults?${words}`, limit);
  const answer = JSON.parse(reply.body) as { faults?: Fault[]; message?: string; hint?: string };
  if (reply.status === 200) return answer.faults ?? [];
  throw new PlatformError('config.invalid', answer.message ?? `status ${reply.status}`, {
    hint: answer.hint,
  });
}

/**
 * Lists the active faults of a platform of the current user.
 *
 * @throws {PlatformError} `platform.not_running`
 */
export const listFaults = (options: FaultCallOptions = {}): Promise<readonly Fault[]> =>
  call('GET', {}, options);

/**
 * Injects a fault into a running platform.
 *
 * @param fault - for example `slow,delayMs=500,path=/skaha/v1/session`
 * @returns all active faults
 * @throws {PlatformError} `platform.not_running`, or `config.invalid` if the text is not a fault
 * @example
 * ```ts
 * import { clearFaults, setFault } from 'skaha-platform';
 *
 * await setFault('503-burst,path=/skaha/v1/session', { data: './platform-state' });
 * await clearFaults(undefined, { data: './platform-state' });
 * ```
 */
export const setFault = (
  fault: string,
  options: FaultCallOptions = {},
): Promise<readonly Fault[]> => call('POST', { set: fault }, options);

/**
 * Clears faults of a running platform.
 *
 * @param kind - only those with this name; all if omitted
 * @returns the faults that are still active
 * @throws {PlatformError} `platform.not_running`, or `config.invalid` for an unknown name
 */
export const clearFaults = (
  kind?: FaultKind | (string & {}),
  options: FaultCallOptions = {},
): Promise<readonly Fault[]> => call('DELETE', kind === undefined ? {} : { kind }, options);
