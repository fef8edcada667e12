import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders, METHODS } from 'node:http';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import { removeOrphanedRuns } from '@skaha/platform-local/runs/orphaned-runs.js';
import type { SessionWire } from '@skaha/wire/schemas.js';
import { onTestFinished } from 'vitest';
import { layKeys } from '../../../scripts/tests/platform-keys.js';
import { startPlatform } from '../src/platform.js';
import type { Platform, PlatformOptions } from '../src/types.js';

export const terminal = 'images.canfar.net/skaha/terminal:1.1.2';
export const notebook = 'images.canfar.net/skaha/astroml:latest';

/** A directory of this test's own, removed at its end. */
export function temporaryDirectory(parent = tmpdir()): string {
  const path = mkdtempSync(join(parent, 'skaha-platform-'));
  onTestFinished(() => discard(path));
  return path;
}

/** Removes the state of a platform, and ends what a test left running on it. */
export async function discard(data: string): Promise<void> {
  await removeOrphanedRuns(join(data, 'sessions'), join(data, 'scratch'), () => false);
  rmSync(data, { recursive: true, force: true });
}

/** Starts a platform that whoever starts it stops; it does not make keys of its own. */
export async function openPlatform(options: PlatformOptions & { data: string }): Promise<Platform> {
  layKeys(options.data);
  return await startPlatform(options);
}

/** A platform of this test's own: free port, temporary state, eight cores, a short grace. */
export async function testPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const data = options.data ?? temporaryDirectory();
  const platform = await openPlatform({
    port: 0,
    user: 'adastra',
    // The quickest one, and the only one there is on every machine.
    runner: 'process',
    config: roomy,
    ...options,
    data,
  });
  onTestFinished(() => platform.stop());
  return platform;
}

/** More cores than the machine may have, so that tests do not depend on it. */
export const roomy = {
  runner: 'process',
  capacity: { cores: 8, memoryGiB: 64 },
  lifetimes: { stopGraceMs: 500 },
} satisfies PlatformOptions['config'];

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Sending {
  /** Bearer token; the main user's by default, none for null. */
  readonly token?: string | null | undefined;
  /** Path of a client certificate, sent instead of a token. */
  readonly certificate?: string | undefined;
  readonly headers?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly body?: string | Buffer | undefined;
}

export type Method = (typeof METHODS)[number];

/** Each request has a connection of its own, whose handshake goes on from an earlier one. */
const resuming = new Agent();

const trusting = new Map<string, SecureContext>();

/** What trusts an authority: to make it takes longer than a request. */
function trust(ca: string): SecureContext {
  const made = trusting.get(ca) ?? createSecureContext({ ca });
  trusting.set(ca, made);
  return made;
}

/** One request over a connection of its own, as exactly as it is written here. */
export async function send(
  platform: Platform,
  method: Method,
  path: string,
  sending: Sending = {},
): Promise<Answer> {
  const pem = sending.certificate === undefined ? undefined : readFileSync(sending.certificate);
  const token = sending.token === undefined && pem === undefined ? platform.token : sending.token;
  const ca = readFileSync(platform.ca, 'utf8');
  return await new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: platform.port,
      method,
      path,
      // Who shows a certificate shows it each time.
      agent: pem === undefined ? resuming : false,
      ...(pem === undefined ? { secureContext: trust(ca) } : { ca, cert: pem, key: pem }),
    });
    if (typeof token === 'string') outgoing.setHeader('authorization', `Bearer ${token}`);
    for (const [name, value] of Object.entries(sending.headers ?? {})) {
      outgoing.setHeader(name, typeof value === 'string' ? value : [...value]);
    }
    if (sending.body !== undefined) {
      outgoing.setHeader('content-length', Buffer.byteLength(sending.body));
    }
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        body += chunk;
      });
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
      );
    });
    outgoing.end(sending.body);
  });
}

/** A form body in the order given. */
export const form = (pairs: readonly (readonly [string, string])[]): string =>
  new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, value])).toString();

export const formType = { 'content-type': 'application/x-www-form-urlencoded' } as const;

/** `POST /session` with these fields; name and image have defaults, `undefined` leaves one out. */
export async function post(
  platform: Platform,
  fields: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  sending: Sending = {},
): Promise<Answer> {
  const all = { name: 'test', image: terminal, ...fields };
  const pairs = Object.entries(all).flatMap(([name, value]) =>
    value === undefined
      ? []
      : (typeof value === 'string' ? [value] : value).map((one) => [name, one] as const),
  );
  return await send(platform, 'POST', '/skaha/v1/session', {
    ...sending,
    headers: { ...formType, ...sending.headers },
    body: form(pairs),
  });
}

/** Creates a session and returns its id. */
export async function create(
  platform: Platform,
  fields: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  sending: Sending = {},
): Promise<string> {
  const answer = await post(platform, fields, sending);
  if (answer.status !== 200) throw new Error(`create: ${answer.status} ${answer.body}`);
  return answer.body.trim();
}

/** The list of sessions. */
export async function list(
  platform: Platform,
  query = '',
  sending: Sending = {},
): Promise<SessionWire[]> {
  const answer = await send(platform, 'GET', `/skaha/v1/session${query}`, sending);
  if (answer.status !== 200) throw new Error(`list: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body) as SessionWire[];
}

/** The session, or undefined when there is none. */
export async function get(platform: Platform, id: string): Promise<SessionWire | undefined> {
  const answer = await send(platform, 'GET', `/skaha/v1/session/${id}`);
  return answer.status === 200 ? (JSON.parse(answer.body) as SessionWire) : undefined;
}

export async function logs(platform: Platform, id: string): Promise<string> {
  return (await send(platform, 'GET', `/skaha/v1/session/${id}?view=logs`)).body;
}

export async function events(platform: Platform, id: string): Promise<string> {
  return (await send(platform, 'GET', `/skaha/v1/session/${id}?view=events`)).body;
}

/** How long a test waits for something that should happen at once; machines may be slow. */
const patienceMs = 25_000;

/**
 * Looks until something is so, less often with each look: one that asks a platform takes longer than
 * the pauses at the beginning. Gives up before the test's own limit does.
 */
export async function until<Value>(
  look: () => Promise<Value | undefined | false> | Value | undefined | false,
): Promise<Value> {
  const giveUpAt = Date.now() + patienceMs;
  for (let wait = 10; Date.now() < giveUpAt; wait = Math.min(80, wait * 1.25)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await pause(wait);
  }
  throw new Error(`waited in vain for: ${look}`);
}

/** Waits until a session has a status, and returns it. */
export async function untilStatus(
  platform: Platform,
  id: string,
  ...statuses: readonly string[]
): Promise<SessionWire> {
  return await until(async () => {
    const session = await get(platform, id);
    return session !== undefined && statuses.includes(session.status ?? '') ? session : undefined;
  });
}

/** True while a process with this number lives; one that only waits to be collected does not. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
