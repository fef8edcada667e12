import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { firstLine } from '@skaha/base/redact.js';
import type { Io } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import type { ClientResponse } from 'skaha';
import { isSkahaError, SkahaError } from 'skaha';
import { isJson } from 'skaha/internal/client/body.js';
import { readAvailability } from 'skaha/internal/models/availability.js';
import type { Connection } from 'skaha/internal/runtime/types.js';
import { failureWords } from 'skaha/internal/transport/failure-words.js';
import type { Deps } from '../../../deps.js';
import { examine, type Finding, fail, ok, patience, type Verdict, warn } from './finding.js';
import { everyAuthority, proxyOf, tunnelTo } from './surroundings.js';

const dayMs = 86_400_000;
const certificateWarningMs = 14 * dayMs;
/** Further off, and certificates and tokens that begin now are refused. */
const clockWarningMs = 60_000;
const clockFailureMs = 300_000;

/** What every check of the server works with. */
export interface ServerTools {
  io: Io;
  deps: Deps;
  connection: Connection;
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';

function unreachable(error: unknown, url: string): SkahaError {
  const { message, hint } = failureWords(codeOf(error), url);
  return new SkahaError('transport.failure', message, { hint, cause: error });
}

/** Looks up the host of the server. */
export const checkName = ({ io, deps, connection }: ServerTools): Promise<Finding> =>
  examine('dns', io, deps, async () => {
    const { root } = connection;
    const host = new URL(root).hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0) return ok(`${host} is an address; there is nothing to look up.`);
    if (proxyOf(connection) !== undefined) return ok(`The proxy looks ${host} up.`);
    try {
      const found = await lookup(host, { all: true });
      return ok(`${host} is ${found.map(({ address }) => address).join(', ')}.`);
    } catch (error) {
      throw unreachable(error, root);
    }
  });

async function handshake(connection: Connection, signal: AbortSignal): Promise<tls.TLSSocket> {
  const { hostname, port } = new URL(connection.root);
  const host = hostname.replace(/^\[|\]$/g, '');
  const proxy = proxyOf(connection);
  const through = proxy === undefined ? {} : { socket: await tunnelTo(connection, proxy, signal) };
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host,
      port: port === '' ? 443 : Number(port),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...everyAuthority(connection),
      ...through,
    });
    signal.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

function certificateVerdict(socket: tls.TLSSocket, now: number): Verdict {
  const end = new Date(socket.getPeerCertificate().valid_to);
  const text = `${socket.getProtocol() ?? 'TLS'}; the certificate of the server ends at ${utc(end)} (${relative(end, now)}).`;
  return end.getTime() - now < certificateWarningMs
    ? warn(text, "Tell the platform's support that its certificate ends soon.")
    : ok(text);
}

/** Makes a TLS connection to the server. */
export const checkTls = ({ io, deps, connection }: ServerTools): Promise<Finding> =>
  examine('tls', io, deps, async (signal) => {
    if (!connection.root.startsWith('https:')) {
      return warn('The server is used without TLS.', 'Use its https address.');
    }
    try {
      const socket = await handshake(connection, signal);
      try {
        return certificateVerdict(socket, deps.now());
      } finally {
        socket.destroy();
      }
    } catch (error) {
      throw isSkahaError(error) ? error : unreachable(error, connection.root);
    }
  });

function clockVerdict(date: string | undefined, before: number, after: number): Verdict {
  const theirs = date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(theirs)) {
    return warn('The server does not tell the time.', 'Check the clock of this machine yourself.');
  }
  // The header has whole seconds.
  const off = Math.round((theirs + 500 - (before + after) / 2) / 1000);
  const text =
    Math.abs(off) <= 1
      ? 'The clock of this machine agrees with that of the server.'
      : `The clock of this machine is ${Math.abs(off)} seconds ${off > 0 ? 'behind' : 'ahead of'} that of the server.`;
  const hint = 'Set the clock of this machine.';
  if (Math.abs(off) * 1000 > clockFailureMs) return fail(text, hint);
  return Math.abs(off) * 1000 > clockWarningMs ? warn(text, hint) : ok(text);
}

/** Who else had the answer in hands, where that shows. */
function wayVerdict({ header }: Pick<ClientResponse, 'header'>): Verdict | undefined {
  const server = header('server');
  const seen = [
    server === undefined || /\bcadc-/i.test(server) ? undefined : server,
    header('via') && `via ${header('via')}`,
  ].map((name) => firstLine(name ?? '', 80));
  const names = seen.filter((name) => name !== '');
  return names.length === 0
    ? undefined
    : ok(`Answers of the platform come through ${names.join(', ')}.`);
}

/**
 * Asks whether the server is available, compares its clock with ours, and tells what shows itself
 * in between.
 */
export async function checkAvailability({ io, deps }: ServerTools): Promise<Finding[]> {
  let way: Verdict | undefined;
  let clock: Verdict = warn('It could not be compared with that of the server.', 'Check it.');
  const available = await examine('availability', io, deps, async (signal) => {
    const client = await deps.client();
    const before = deps.now();
    const reply = await client.request({
      method: 'GET',
      path: ['availability'],
      base: 'root',
      anonymous: true,
      accept: 'application/xml, text/xml',
      retry: 'never',
      timeoutMs: patience(deps),
      signal,
    });
    const after = deps.now();
    clock = clockVerdict(reply.header('date'), before, after);
    way = wayVerdict(reply);
    const { available, note } = readAvailability(reply.text());
    const said = note === undefined ? '' : `: ${plain(note).replace(/\.$/, '')}`;
    return available
      ? ok(`The platform is available${said} (${after - before} ms).`)
      : fail(`The platform is not available${said}.`, 'Try again later.');
  });
  const ways = way === undefined ? [] : [{ check: 'gateway', ...way }];
  return [available, ...ways, { check: 'clock', ...clock }];
}

/** Asks for something that only users get. */
export const checkAccess = ({ io, deps, connection }: ServerTools): Promise<Finding> =>
  examine('access', io, deps, async (signal) => {
    if (connection.credential.mode === 'anonymous') {
      return warn('Nobody is logged in.', "Log in: 'skaha login'");
    }
    const client = await deps.client();
    const timeoutMs = patience(deps);
    const path = ['session'];
    const isExpected = isJson(Array.isArray);
    await client.request({ method: 'GET', path, retry: 'never', isExpected, timeoutMs, signal });
    return ok('The server takes the login.');
  });
