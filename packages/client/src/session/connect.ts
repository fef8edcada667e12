import { parseRecord } from '@skaha/base/json.js';
import { isLoopback } from '@skaha/base/server-url.js';
import { isFinished } from '@skaha/wire/status.js';
import type { ClientCore } from '../client/core.js';
import { collect, settleMany } from '../client/many.js';
import type { CallOptions } from '../client/options.js';
import { checkIds } from '../client/url.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import type { SessionInfo } from '../models/session.js';
import { readInfo } from './read.js';
import type { ConnectableSession, ConnectOptions, PageLink } from './types.js';
import { waitForSessions } from './wait.js';

/** Longest wait for a session to run, in milliseconds, unless the caller says otherwise. */
const defaultWait = 300_000;

/**
 * Finds where to open sessions. See `Session.connect`.
 *
 * @param core - shared by the client's parts
 * @param ids - which sessions
 * @param options - whether to wait for them
 */
export async function connectSessions(
  core: ClientCore,
  ids: readonly string[],
  options: ConnectOptions,
): Promise<ConnectableSession[]> {
  checkIds(ids);
  const { intervalMs, timeoutMs = defaultWait } = options;
  const outcomes = await settleMany(core, ids, options, async (id, _index, signal) => {
    if (options.wait) {
      await waitForSessions(core, [id], { until: 'running', intervalMs, timeoutMs, signal });
    }
    return address(await readInfo(core, id, { signal }));
  });
  return collect(ids, outcomes, { verb: 'connect to', name: (id) => id });
}

function address({ id, name, kind, status, connectUrl }: SessionInfo): ConnectableSession {
  if (status !== 'Running') {
    throw new SkahaError('session.not_ready', `The session ${name} (${id}) is ${status}.`, {
      id,
      hint: isFinished(status)
        ? 'It has ended: launch a new one to work in it.'
        : 'Wait until it runs.',
    });
  }
  if (connectUrl === undefined) {
    throw new SkahaError('session.not_ready', `The session ${name} (${id}) has no web page.`, {
      id,
      hint: kind === 'headless' ? 'Headless sessions have logs instead.' : 'Try again shortly.',
    });
  }
  if (!isSafe(connectUrl)) {
    throw new SkahaError('response.invalid', `The address of the session ${id} is not safe.`, {
      id,
      hint: "Ask the platform's support.",
    });
  }
  return { id, name, url: connectUrl };
}

/**
 * Asks for a link that opens a page once. See `Session.pageLink`.
 *
 * @param core - shared by the client's parts
 * @param session - its id and its address
 * @param options - signal and timeout
 */
export async function requestPageLink(
  core: ClientCore,
  { id, url }: Pick<ConnectableSession, 'id' | 'url'>,
  { signal, timeoutMs }: CallOptions,
): Promise<PageLink> {
  const lasting = { url, lifetimeMs: undefined };
  if (!isLoopback(url)) return lasting;
  try {
    const reply = await core.request({
      method: 'POST',
      base: 'root',
      path: ['page-links'],
      form: [['id', id]],
      signal,
      timeoutMs,
    });
    const { url: link, expires_in: seconds } = parseRecord(reply.text()) ?? {};
    if (typeof link !== 'string' || typeof seconds !== 'number' || !isOurs(link)) return lasting;
    return { url: link, lifetimeMs: seconds * 1000 };
  } catch (error) {
    // An older platform, or another server on this machine.
    if (isSkahaError(error) && (error.status === 404 || error.status === 405)) return lasting;
    throw error;
  }
}

/** It will be opened in a browser, with what it opens in it. */
const isOurs = (url: string): boolean =>
  URL.canParse(url) && new URL(url).protocol === 'http:' && isLoopback(url);

/** The address will be opened in a browser: nothing but the web. */
function isSafe(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(url));
}
