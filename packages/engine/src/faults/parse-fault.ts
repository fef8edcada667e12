import { PlatformError } from '@skaha/service/errors.js';
import type { Fault, FaultKind, IdentityFaultKind } from './fault.js';

/** What a fault does, and its settings besides the requests that it affects. */
export interface FaultForm {
  /** One sentence about it. */
  readonly what: string;
  /** Its own settings. */
  readonly options?: Readonly<Record<string, 'count' | 'number' | 'text'>> | undefined;
  /** Defaults of required options. */
  readonly defaults?: Readonly<Record<string, number>> | undefined;
  /** Whether `method`, `path`, `every` and `first` can be set. */
  readonly meetsRequests: boolean;
}

const request = (what: string, rest: Partial<FaultForm> = {}): FaultForm => ({
  what,
  meetsRequests: true,
  ...rest,
});
const service = (what: string): FaultForm => ({ what, meetsRequests: false });

const identityForms: Readonly<Record<IdentityFaultKind, FaultForm>> = {
  'oidc-down': service('every endpoint of the OIDC provider answers 503'),
  'short-tokens': service('access tokens of new logins are valid for ten seconds'),
  'no-refresh-tokens': service('new logins get no refresh token'),
  'login-denied': service('device logins are refused'),
  'login-slow-down': service('the next three polls of device logins are told to slow down'),
  'short-certificates': service('new certificates are valid for one minute'),
  'future-certificates': service('new certificates are valid only from tomorrow'),
  'foreign-certificates': service('new certificates are issued by an unknown authority'),
  'registry-missing': service('the registry has no document: 404'),
  'registry-empty': service('the registry lists no servers'),
  'registry-slow': service('the registry answers after twenty seconds'),
  'registry-hostile': service('the registry also has lines that must not be followed'),
  'capabilities-broken': service('the capabilities are not an XML document'),
  'tokens-only': service('the capabilities offer only tokens'),
  'certificates-only': service('the capabilities offer only certificates'),
};

/** All faults. `docs/local-platform.md` has the same list. */
export const faultForms: Readonly<Record<FaultKind, FaultForm>> = {
  'slow-queue': service('new sessions stay `Pending` until the fault is cleared'),
  'pull-failed': service(
    'no image can be pulled: new sessions stay `Pending` until the fault is cleared',
  ),
  'lost-response': request('the work is done, but the connection breaks before the reply'),
  'drop-connection': request('the connection breaks before any work is done'),
  'cut-response': request('the connection breaks in the middle of the reply'),
  'garbled-response': request('the work is done, but the reply is a page from something else'),
  slow: request('the request is served after `delayMs`', {
    options: { delayMs: 'count' },
    defaults: { delayMs: 2_000 },
  }),
  'status-503': request('503 with `Retry-After` (`retryAfterSeconds`, 30 by default)', {
    options: { retryAfterSeconds: 'count' },
  }),
  '503-burst': request('503 for five requests, with `Retry-After: 1`', {
    options: { retryAfterSeconds: 'count' },
  }),
  'bad-gateway': request("a gateway's page with 502, or another `status`", {
    options: { status: 'count' },
  }),
  'server-error': request('500, worded like a server that hit an exception'),
  'metrics-down': request('`view=stats` is 503'),
  'reject-create': request('a create is refused with 400 and `message`', {
    options: { message: 'text' },
  }),
  'no-headless': request('a headless create is refused with 403'),
  'expired-token': request('tokens are treated as expired: 401'),
  'expired-certificate': request('certificates are treated as expired: 401'),
  'not-authorized': request(
    'everybody is refused with 403, like a user who may not use the platform',
  ),
  'no-posix-account': request('everybody is refused with 403, like a user without an account'),
  'clock-skew': request(
    'times are ahead by `skewMs` (ten minutes by default; negative for behind): header `Date`, sessions, lifetime of tokens',
    { options: { skewMs: 'number' } },
  ),
  ...identityForms,
};

/** Names of all faults. */
export const faultKinds = Object.keys(faultForms) as FaultKind[];

/** True for the name of a fault. */
export const isFaultKind = (name: string): name is FaultKind => Object.hasOwn(faultForms, name);

const matching = { method: 'text', path: 'text', every: 'count', first: 'count' } as const;

/**
 * Parses a fault: its name, followed by its settings after commas, for example
 * `slow,delayMs=500,path=/skaha/v1/session,first=3`.
 *
 * @throws {PlatformError} `config.invalid`
 */
export function parseFault(text: string): Fault {
  const [name = '', ...parts] = text.split(/,(?=[A-Za-z]+=)/);
  if (!isFaultKind(name)) {
    throw invalid(`There is no fault ${JSON.stringify(name.slice(0, 60))}.`, faultKinds);
  }
  const { options = {}, defaults = {}, meetsRequests } = faultForms[name];
  const known: Readonly<Record<string, string>> = {
    ...(meetsRequests ? matching : {}),
    ...options,
  };
  const values: Record<string, string | number> = { ...defaults };
  for (const part of parts) {
    const key = part.slice(0, part.indexOf('='));
    const type = Object.hasOwn(known, key) ? known[key] : undefined;
    if (type === undefined) {
      throw invalid(`The fault ${name} has no setting ${JSON.stringify(key)}.`, Object.keys(known));
    }
    values[key] = readValue(name, key, type, part.slice(key.length + 1));
  }
  // The table lists the settings of each kind, and they have just been checked.
  return { kind: name, ...values } as unknown as Fault;
}

function readValue(name: string, key: string, type: string, text: string): string | number {
  if (type === 'text') return text;
  const value = Number(text);
  const least = type === 'count' ? 0 : -86_400_000 * 3650;
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > 2 ** 40) {
    throw invalid(`The setting ${key} of the fault ${name} must be a whole number.`, []);
  }
  return value;
}

function invalid(message: string, choices: readonly string[]): PlatformError {
  return new PlatformError('config.invalid', message, {
    hint: choices.length === 0 ? 'For example: delayMs=500' : `These exist: ${choices.join(', ')}.`,
  });
}
