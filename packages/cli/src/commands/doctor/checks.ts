import { once } from 'node:events';
import { isIP } from 'node:net';
import { firstLine } from '@skaha/base/redact.js';
import { isLoopback } from '@skaha/base/server-url.js';
import { DeadlineReached, withDeadline } from '@skaha/base/signals.js';
import type { Io } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { type ClientResponse, readAvailability, type SkahaError } from 'skaha';
import type { ServerRoute } from 'skaha/account';
import type { Deps } from '../../deps.js';
import { toSkahaError } from '../../output/report.js';

/** What one check found out; the names of its fields are a promise. */
export interface Finding {
  check: string;
  status: 'ok' | 'warn' | 'fail';
  message: string;
  hint: string | null;
}

/** What a check says; its name is added. */
export type Verdict = Omit<Finding, 'check'>;

export const ok = (message: string): Verdict => ({ status: 'ok', message, hint: null });
export const warn = (message: string, hint: string): Verdict => ({ status: 'warn', message, hint });
export const fail = (message: string, hint: string): Verdict => ({ status: 'fail', message, hint });

export const failed = ({ message, hint }: SkahaError): Verdict => ({
  status: 'fail',
  message,
  hint: hint ?? null,
});

/** How long one check may take, in milliseconds. */
export const timeLimitOf = ({ globals }: Deps): number => globals.timeoutMs ?? 10_000;

/**
 * Makes one check, within bounds. Whatever it meets becomes its verdict.
 *
 * @param work - gets a signal that also aborts when time is up
 * @throws the reason of `io.signal` when that aborts
 */
export async function examine(
  check: string,
  io: Io,
  deps: Deps,
  work: (signal: AbortSignal) => Promise<Verdict>,
): Promise<Finding> {
  io.signal.throwIfAborted();
  const limit = timeLimitOf(deps);
  try {
    const verdict = await withDeadline(deps.clock, limit, io.signal, (signal) => {
      const isOver = once(signal, 'abort').then(() => Promise.reject(signal.reason));
      // Not everything that is waited for can be stopped; it is then left to itself.
      return Promise.race([work(signal), isOver]);
    });
    return { check, ...verdict };
  } catch (error) {
    io.signal.throwIfAborted();
    if (!(error instanceof DeadlineReached)) return { check, ...failed(toSkahaError(error)) };
    const message = `There was no answer within ${limit / 1000} seconds.`;
    return { check, ...fail(message, 'Check the network, or allow more time with --timeout.') };
  }
}

/** What every check of the server works with. */
interface ServerTools {
  io: Io;
  deps: Deps;
  route: ServerRoute;
}

type ServerCheck = (tools: ServerTools, signal: AbortSignal) => Promise<Verdict>;

function whyNoProxy(root: string): string {
  const { hostname } = new URL(root);
  const named = Object.keys(process.env).filter(
    (name) => /^(?:https?|all)_proxy$/i.test(name) && process.env[name],
  );
  if (named.length === 0) return 'No proxy is used: no variable sets one.';
  const reason = isLoopback(root)
    ? 'it is on this machine'
    : 'NO_PROXY includes it, or no proxy applies to it';
  return `No proxy is used for ${hostname}: ${reason} (${named.join(', ')}).`;
}

/** Says which proxy is used, and makes a connection through it. */
const checkProxy: ServerCheck = async ({ route }, signal) => {
  const proxy = route.proxy();
  if (proxy === undefined) return ok(whyNoProxy(route.root));
  await route.tunnel(signal);
  const { host } = new URL(route.root);
  return ok(`${proxy.address} (${proxy.source}) connects to ${host}.`);
};

/** Says whose word is taken for a server's certificate. */
const checkAuthorities: ServerCheck = async ({ route }) => {
  const sources = route.authorities().map(({ name, certificates }) => ({
    name: name ?? 'the file given with --ca or SKAHA_CA',
    count: certificates,
  }));
  const empty = sources.filter(({ count }) => count === 0).map(({ name }) => name);
  return empty.length > 0
    ? warn(
        `There is no readable certificate in ${empty.join(' and ')}.`,
        'Correct or unset the variable.',
      )
    : ok(`${sources.map(({ name, count }) => `${name}: ${count}`).join('; ')}.`);
};

const checkName: ServerCheck = async ({ route }) => {
  const host = new URL(route.root).hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) return ok(`${host} is an address; there is nothing to look up.`);
  if (route.proxy() !== undefined) return ok(`The proxy looks ${host} up.`);
  return ok(`${host} is ${(await route.lookUp()).join(', ')}.`);
};

const certificateWarningMs = 14 * 86_400_000;

const checkTls: ServerCheck = async ({ deps, route }, signal) => {
  if (!route.root.startsWith('https:')) {
    return warn('The server is used without TLS.', 'Use its https address.');
  }
  const { protocol, certificateEnd: end } = await route.handshake(signal);
  const now = deps.now();
  const text = `${protocol}; the certificate of the server expires at ${utc(end)} (${relative(end, now)}).`;
  return end.getTime() - now < certificateWarningMs
    ? warn(text, "Tell the platform's support that its certificate is about to expire.")
    : ok(text);
};

/** Further off, and certificates and tokens that begin now are refused. */
const clockWarningMs = 60_000;
const clockFailureMs = 300_000;

function clockVerdict(date: string | undefined, before: number, after: number): Verdict {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) {
    return warn(
      'The server does not report its time.',
      'Check the clock of this machine yourself.',
    );
  }
  // The header has whole seconds.
  const off = Math.round((theirs + 500 - (before + after) / 2) / 1000);
  const seconds = Math.abs(off);
  if (seconds <= 1) return ok('The clock of this machine agrees with that of the server.');
  const text = `The clock of this machine is ${seconds} seconds ${off > 0 ? 'behind' : 'ahead of'} that of the server.`;
  if (seconds * 1000 <= clockWarningMs) return ok(text);
  const verdict = seconds * 1000 > clockFailureMs ? fail : warn;
  return verdict(text, 'Set the clock of this machine.');
}

/** Who else had the answer in hands, where that shows. */
function gatewayVerdict({ header }: ClientResponse): Verdict | undefined {
  const server = header('server') ?? '';
  const via = header('via');
  const seen = [/\bcadc-/i.test(server) ? '' : server, via ? `via ${via}` : ''];
  const names = seen.map((name) => firstLine(name, 80)).filter((name) => name !== '');
  if (names.length === 0) return undefined;
  return ok(`Replies of the platform come through ${names.join(', ')}.`);
}

/**
 * Asks whether the server is available, compares its clock with ours, and reports what shows itself
 * in between.
 */
async function checkAvailability({ io, deps }: ServerTools): Promise<Finding[]> {
  let gateway: Verdict | undefined;
  let clock: Verdict = warn(
    'The clock could not be compared with that of the server.',
    'Check the clock.',
  );
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
      timeoutMs: timeLimitOf(deps),
      signal,
    });
    const after = deps.now();
    clock = clockVerdict(reply.header('date'), before, after);
    gateway = gatewayVerdict(reply);
    const { available, note } = readAvailability(reply.text());
    const said = note === undefined ? '' : `: ${plain(note).replace(/\.$/, '')}`;
    return available
      ? ok(`The platform is available${said} (${after - before} ms).`)
      : fail(`The platform is not available${said}.`, 'Try again later.');
  });
  const between = gateway === undefined ? [] : [{ check: 'gateway', ...gateway }];
  return [available, ...between, { check: 'clock', ...clock }];
}

/** Whether an answer is a list, as that of a platform is. */
function isExpected(reply: ClientResponse): boolean {
  try {
    return Array.isArray(reply.json());
  } catch {
    return false;
  }
}

/** Asks for something that only users get. */
const checkAccess: ServerCheck = async ({ deps }, signal) => {
  const client = await deps.client();
  const { mode } = await client.connection();
  if (mode === 'anonymous') return warn('Nobody is logged in.', "Log in: 'skaha login'");
  const timeoutMs = timeLimitOf(deps);
  const path = ['session'];
  await client.request({ method: 'GET', path, retry: 'never', isExpected, timeoutMs, signal });
  return ok('The server accepts the login.');
};

/** Makes every check of a server at once. */
export async function examineServer(tools: ServerTools): Promise<Finding[]> {
  const one = (name: string, check: ServerCheck) =>
    examine(name, tools.io, tools.deps, (signal) => check(tools, signal));
  const findings = await Promise.all([
    one('dns', checkName),
    one('proxy', checkProxy),
    one('authorities', checkAuthorities),
    one('tls', checkTls),
    checkAvailability(tools),
    one('access', checkAccess),
  ]);
  return findings.flat();
}
