import { request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { type DataLayout, dataLayout, readIfPresent } from '../data.js';
import { PlatformError, systemCode } from '../errors.js';
import type { PlatformDescription, SessionsAtStop } from '../types.js';
import { readServerFile, type ServerFile } from './server-file.js';

const statusTimeoutMs = 3_000;
const stopTimeoutMs = 60_000;
const largestReply = 1024 * 1024;

interface ControlReply {
  readonly status: number;
  readonly body: string;
}

/** One request to a platform of this owner, authenticated in both directions. */
export async function ask(
  layout: DataLayout,
  server: ServerFile,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  signal: AbortSignal,
): Promise<ControlReply> {
  const ca = readIfPresent(layout.ca);
  return await new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: server.port,
      method,
      path: `/control/v1/${path}`,
      ca,
      agent: false,
      headers: { authorization: `Bearer ${server.control}` },
      signal,
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        body += chunk;
        if (body.length > largestReply) incoming.destroy(new Error('reply too large'));
      });
      incoming.on('error', reject);
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body }));
    });
    outgoing.end();
  });
}

/**
 * Describes the platform that runs on a data directory. A process number alone is never believed:
 * the platform itself must answer, over HTTPS, with its own certificate.
 *
 * @param data - the data directory; the default one when left out
 * @returns its description, or undefined when none runs there
 * @example
 * ```ts
 * import { describePlatform } from 'skaha-platform';
 *
 * const platform = await describePlatform();
 * console.log(platform === undefined ? 'not running' : platform.url);
 * ```
 */
export async function describePlatform(data?: string): Promise<PlatformDescription | undefined> {
  return await describeBy('status?disk=1', data);
}

/** The same without the space on its disk, which takes time to count. */
export async function describeQuickly(data?: string): Promise<PlatformDescription | undefined> {
  return await describeBy('status', data);
}

async function describeBy(
  path: string,
  data: string | undefined,
): Promise<PlatformDescription | undefined> {
  const layout = dataLayout(data);
  const server = readServerFile(layout);
  if (server === undefined) return undefined;
  try {
    const timeout = AbortSignal.timeout(statusTimeoutMs);
    const reply = await ask(layout, server, 'GET', path, timeout);
    if (reply.status !== 200) return undefined;
    const description = JSON.parse(reply.body) as Omit<PlatformDescription, 'token'>;
    const token = readIfPresent(description.tokenFile)?.trim() ?? '';
    return { ...description, token };
  } catch {
    return undefined;
  }
}

/**
 * Stops the platform that runs on a data directory, and waits until it has.
 *
 * @param options - `data`: the data directory; `sessions`: `'end'` (default) ends what runs and
 *   waits, `'leave'` leaves both to the next platform there; `signal`: stops waiting
 * @returns true when one was stopped, false when none ran
 * @throws {PlatformError} `platform.not_running` when it broke off in the middle
 */
export async function stopPlatform(
  options: {
    data?: string | undefined;
    sessions?: SessionsAtStop | undefined;
    signal?: AbortSignal | undefined;
  } = {},
): Promise<boolean> {
  const layout = dataLayout(options.data);
  const server = readServerFile(layout);
  if (server === undefined || (await describeQuickly(options.data)) === undefined) return false;
  const timeout = AbortSignal.timeout(stopTimeoutMs);
  const signal =
    options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  try {
    const reply = await ask(
      layout,
      server,
      'POST',
      `stop?sessions=${options.sessions ?? 'end'}`,
      signal,
    );
    if (reply.status !== 200) throw new Error(`status ${reply.status}`);
    await untilClosed(layout, server, signal);
    return true;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new PlatformError(
      'platform.not_running',
      'The platform broke off while it was stopping.',
      {
        hint: 'See how it is with: skaha platform status',
        cause: error,
      },
    );
  }
}

/** The reply comes just before the port is given back. */
async function untilClosed(
  layout: DataLayout,
  server: ServerFile,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      await ask(layout, server, 'GET', 'status', signal);
    } catch (error) {
      if (signal.aborted) throw error;
      if (systemCode(error) === 'ECONNREFUSED') return;
    }
    await pause(25, undefined, { signal });
  }
}
