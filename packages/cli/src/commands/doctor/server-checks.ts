import { isIP } from 'node:net';
import { firstLine } from '@skaha/base/redact.js';
import { isLoopback } from '@skaha/base/server-url.js';
import type { Io } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { type ClientResponse, readAvailability } from 'skaha';
import type { ServerRoute } from 'skaha/account';
import type { Deps } from '../../deps.js';
import { examine, type Finding, fail, ok, timeLimitOf, type Verdict, warn } from './findings.js';

const proxyNames = /^(?:https?|all)_proxy$/i;

/** What every check of the server works with. */
interface ServerTools {
  io: Io;
  deps: Deps;
  route: ServerRoute;
}

function whyNone(root: string): string {
  const { hostname } = new URL(root);
  const named = Object.keys(process.env).filter(
    (name) => proxyNames.test(name) && process.env[name],
  );
  if (named.length === 0) return 'No proxy is used: no variable sets one.';
  const reason = isLoopback(root)
    ? 'it is on this machine'
    : 'NO_PROXY includes it, or no proxy applies to it';
  return `No proxy is used for ${hostname}: ${reason} (${named.join(', ')}).`;
}

/** Says which proxy is used, and makes a connection through it. */
const checkProxy = ({ io, deps, route }: ServerTools): Promise<Finding> =>
  examine('proxy', io, deps, async (signal) => {
    const proxy = route.proxy();
    if (proxy === undefined) return ok(whyNone(route.root));
    await route.tunnel(signal);
    const { host } = new URL(route.root);
    return ok(`${proxy.address} (${proxy.source}) connects to ${host}.`);
  });

/** Says whose word is taken for a server's certificate. */
const checkAuthorities = ({ io, deps, route }: ServerTools): Promise<Finding> =>
  examine('authorities', io, deps, async () => {
    const sources = route.authorities().map(({ name, certificates }) => ({
      name: name ?? 'the file given with --ca or SKAHA_CA',
      count: certificates,
    }));
    const empty = sources.filter(({ count }) => count === 0).map(({ name }) => name);
    if (empty.length > 0) {
      return warn(
        `There is no readable certificate in ${empty.join(' and ')}.`,
        'Correct or unset the variable.',
      );
    }
    return ok(`${sources.map(({ name, count }) => `${name}: ${count}`).join('; ')}.`);
  });

const certificateWarningMs = 14 * 86_400_000;
/** Further off, and certificates and tokens that begin now are refused. */
const clockWarningMs = 60_000;
const clockFailureMs = 300_000;

const checkName = ({ io, deps, route }: ServerTools): Promise<Finding> =>
  examine('dns', io, deps, async () => {
    const host = new URL(route.root).hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0) return ok(`${host} is an address; there is nothing to look up.`);
    if (route.proxy() !== undefined) return ok(`The proxy looks ${host} up.`);
    return ok(`${host} is ${(await route.lookUp()).join(', ')}.`);
  });

const checkTls = ({ io, deps, route }: ServerTools): Promise<Finding> =>
  examine('tls', io, deps, async (signal) => {
    if (!route.root.startsWith('https:')) {
      return warn('The server is used without TLS.', 'Use its https address.');
    }
    const { protocol, certificateEnd: end } = await route.handshake(signal);
    const now = deps.now();
    const text = `${protocol}; the certificate of the server expires at ${utc(end)} (${relative(end, now)}).`;
    return end.getTime() - now < certificateWarningMs
      ? warn(text, "Tell the platform's support that its certificate is about to expire.")
      : ok(text);
  });

function clockVerdict(date: string | undefined, before: number, after: number): Verdict {
  const theirs = date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(theirs)) {
    return warn(
      'The server does not report its time.',
      'Check the clock of this machine yourself.',
    );
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
    : ok(`Replies of the platform come through ${names.join(', ')}.`);
}

/**
 * Asks whether the server is available, compares its clock with ours, and tells what shows itself
 * in between.
 */
async function checkAvailability({ io, deps }: ServerTools): Promise<Finding[]> {
  let way: Verdict | undefined;
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

/** Whether an answer is a list, as that of a platform is. */
function isExpected(reply: ClientResponse): boolean {
  try {
    return Array.isArray(reply.json());
  } catch {
    return false;
  }
}

/** Asks for something that only users get. */
const checkAccess = ({ io, deps }: ServerTools): Promise<Finding> =>
  examine('access', io, deps, async (signal) => {
    const client = await deps.client();
    const { mode } = await client.connection();
    if (mode === 'anonymous') return warn('Nobody is logged in.', "Log in: 'skaha login'");
    const timeoutMs = timeLimitOf(deps);
    const path = ['session'];
    await client.request({ method: 'GET', path, retry: 'never', isExpected, timeoutMs, signal });
    return ok('The server accepts the login.');
  });

/** Begins every check of a server. */
export const serverChecks = (tools: ServerTools): Promise<Finding | Finding[]>[] => [
  checkName(tools),
  checkProxy(tools),
  checkAuthorities(tools),
  checkTls(tools),
  checkAvailability(tools),
  checkAccess(tools),
];
