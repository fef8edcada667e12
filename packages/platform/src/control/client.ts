import { request } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { type DataLayout, dataLayout, readIfPresent } from '@skaha/service/data.js';
import { PlatformError, systemCode } from '@skaha/service/errors.js';
import type { PlatformDescription, SessionsAtStop } from '../types.js';
import { holderOf, isDetachedPlatform } from './holder.js';
import { readServerFile, type ServerFile } from './server-file.js';

const statusTimeoutMs = 3_000;
const stopTimeoutMs = 60_000;
/** How long an unresponsive platform may take to end after a signal, in milliseconds. */
const signalledMs = 20_000;
const largestReply = 1024 * 1024;

interface ControlReply {
  readonly status: number;
  readonly body: string;
}

/** Sends a request to a platform of this owner, authenticated in both directions. */
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
 * Describes the platform that runs on a data directory. A process number alone is not trusted: the
 * platform itself must answer, over HTTPS, with its own certificate.
 *
 * @param data - the data directory; the default one if omitted
 * @returns its description; undefined if none is running there
 * @throws {PlatformError} `platform.already_running` if one uses the directory but does not answer
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

/** The same without the disk usage, which takes time to measure. */
export async function describeQuickly(data?: string): Promise<PlatformDescription | undefined> {
  return await describeBy('status', data);
}

async function describeBy(
  path: string,
  data: string | undefined,
): Promise<PlatformDescription | undefined> {
  const layout = dataLayout(data);
  const found = await reach(layout, path);
  return found?.description;
}

interface Reached {
  readonly server: ServerFile;
  readonly description: PlatformDescription;
}

/**
 * Requests the status of the platform of a data directory. A platform that lost its server file
 * writes it again within a second or two, so the holder of the directory's lock gets this time.
 *
 * @returns undefined if nobody uses the directory
 * @throws {SilentPlatformError} if its holder does not answer
 */
async function reach(layout: DataLayout, path: string): Promise<Reached | undefined> {
  const first = await askServer(layout, path);
  if (first !== undefined) return first;
  for (const giveUpAt = performance.now() + statusTimeoutMs; ; ) {
    const holder = await holderOf(layout);
    if (holder === undefined) return await askServer(layout, path);
    const found = await askServer(layout, path);
    if (found !== undefined) return found;
    if (performance.now() > giveUpAt) throw silent(layout, holder);
    await pause(100);
  }
}

async function askServer(layout: DataLayout, path: string): Promise<Reached | undefined> {
  const server = readServerFile(layout);
  if (server === undefined) return undefined;
  try {
    const timeout = AbortSignal.timeout(statusTimeoutMs);
    const reply = await ask(layout, server, 'GET', path, timeout);
    if (reply.status !== 200) return undefined;
    const description = JSON.parse(reply.body) as Omit<PlatformDescription, 'token'>;
    const token = readIfPresent(description.tokenFile)?.trim() ?? '';
    return { server, description: { ...description, token } };
  } catch {
    return undefined;
  }
}

/** Thrown for a platform that uses its directory but does not answer. */
class SilentPlatformError extends PlatformError {
  readonly pid: number;

  constructor(pid: number, message: string, hint: string) {
    super('platform.already_running', message, { hint });
    this.pid = pid;
  }
}

const silent = ({ root }: DataLayout, pid: number): SilentPlatformError =>
  new SilentPlatformError(
    pid,
    `A platform uses the directory ${root}, as process ${pid}, and does not answer.`,
    `It may be starting: try again. Otherwise, end it with 'skaha platform stop', or with 'kill -9 ${pid}'.`,
  );

/**
 * Stops the platform that runs on a data directory, and waits until it has stopped. One that does
 * not answer is found by its lock; if it runs in the background, it is ended with a signal.
 *
 * @param options - `data`: the data directory; `sessions`: `'end'` (default) ends running and
 *   waiting sessions, `'leave'` leaves them to the next platform there; `signal`: stops waiting
 * @returns true if one was stopped, false if none was running
 * @throws {PlatformError} `platform.not_running` if the connection broke off,
 *   `platform.already_running` if it neither answers nor ends
 */
export async function stopPlatform(
  options: {
    data?: string | undefined;
    sessions?: SessionsAtStop | undefined;
    signal?: AbortSignal | undefined;
  } = {},
): Promise<boolean> {
  const layout = dataLayout(options.data);
  let found: Reached | undefined;
  try {
    found = await reach(layout, 'status');
  } catch (error) {
    if (!(error instanceof SilentPlatformError)) throw error;
    await endSilent(layout, error, options.signal);
    return true;
  }
  if (found === undefined) return false;
  const { server } = found;
  const timeout = AbortSignal.timeout(stopTimeoutMs);
  const signal =
    options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  try {
    const path = `stop?sessions=${options.sessions ?? 'end'}`;
    const reply = await ask(layout, server, 'POST', path, signal);
    if (reply.status !== 200) throw new Error(`status ${reply.status}`);
    await untilClosed(layout, server, signal);
    return true;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new PlatformError(
      'platform.not_running',
      'The connection to the platform broke while it was stopping.',
      {
        hint: "Check with 'skaha platform status'.",
        cause: error,
      },
    );
  }
}

/** Ends an unresponsive platform in the background, and waits until its lock is released. */
async function endSilent(
  layout: DataLayout,
  error: SilentPlatformError,
  signal: AbortSignal | undefined,
): Promise<void> {
  // Another program that contains a platform is not ours to end.
  if (!(await isDetachedPlatform(error.pid))) throw error;
  process.kill(error.pid, 'SIGTERM');
  for (const giveUpAt = performance.now() + signalledMs; performance.now() < giveUpAt; ) {
    if ((await holderOf(layout)) !== error.pid) return;
    await pause(50, undefined, { signal });
  }
  throw error;
}

/** The reply comes just before the port is released. */
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
