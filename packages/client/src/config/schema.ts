import { parseServerUrl } from '@skaha/base/server-url.js';
import {
  byMode,
  entries,
  listOf,
  map,
  nullable,
  oneOf,
  oneOrMore,
  optional,
  orEmpty,
  refined,
  single,
  unchecked,
  uncheckedMap,
} from './shape.js';

/** The contents of the configuration file. Keys that this version does not know are kept. */
export interface Configuration {
  schema: 'skaha';
  version: 1;
  /** Name of the context in use. */
  active?: string | null | undefined;
  contexts: Record<string, ContextEntry>;
  servers: Record<string, ServerEntry>;
  credentials: Record<string, CredentialEntry>;
  /** By host name, with a port if needed. */
  registries: Record<string, RegistryEntry>;
  /** Identity providers of the user's own. */
  providers?: Record<string, ProviderEntry> | undefined;
  /** How the command line looks. */
  console: {
    banner?: boolean | undefined;
    color?: 'auto' | 'always' | 'never' | undefined;
    width?: number | undefined;
    [key: string]: unknown;
  };
  /** Names of the user's own for command lines, and what they stand for. */
  aliases?: Record<string, string> | undefined;
  /** Where secrets are kept. */
  secrets?: { storage?: 'file' | 'keyring' | undefined; [key: string]: unknown } | undefined;
  [key: string]: unknown;
}

/** An entry of `contexts`: a server and the credential used with it. */
export interface ContextEntry {
  server: string;
  credential: string;
  [key: string]: unknown;
}

/** An entry of `servers`: one Science Platform. */
export interface ServerEntry {
  /** IVOA identifier, for example `ivo://cadc.nrc.ca/skaha`. */
  uri?: string | undefined;
  /** Application root, with or without the API version at its end. */
  url?: string | undefined;
  version?: string | undefined;
  auths?: string[] | undefined;
  /** Identity provider through which the server was found. */
  provider?: string | undefined;
  /** What a session got there by default when the server was last tried; memory in GiB. */
  defaults?: { cores: number; memory: number; gpus: number } | undefined;
  /** What may be requested there. */
  limits?: ServerLimits | undefined;
  /** The services that keep its users' files, by the name used in paths. */
  storage?: Record<string, { uri?: string | undefined; url: string }> | undefined;
  /** PEM file with certificate authorities to trust in addition to the system's. */
  ca?: string | undefined;
  /** Unix socket at which the server answers on this machine, without TLS; its owner's alone. */
  socket?: string | undefined;
  /** Development only: allows plain http, and that only to this machine. */
  insecure?: boolean | undefined;
  [key: string]: unknown;
}

/** The limits of one server, as saved in the configuration; memory in GiB. */
export interface ServerLimits {
  /** From what a session gets when it asks for nothing to what it gets at most. */
  flexible?: { cores: LimitRange; memory: LimitRange } | undefined;
  /** From the least to the most that may be requested. */
  fixed?: { cores: LimitRange; memory: LimitRange } | undefined;
  gpus?: LimitRange | undefined;
  /** Interactive sessions at the same time. */
  sessions?: number | undefined;
  /** When the server said so (ISO 8601). */
  read?: string | undefined;
}

/** The least and the most of something. */
export interface LimitRange {
  min: number;
  max: number;
}

/** An entry of `credentials`. */
export type CredentialEntry = X509Entry | TokenEntry | OidcEntry;

/** A certificate with its key, in a file. */
export interface X509Entry {
  mode: 'x509';
  path: string;
  provider?: string | undefined;
  server?: string | undefined;
  /** Whether a login wrote the file, so that a logout may delete it. */
  managed?: boolean | undefined;
  [key: string]: unknown;
}

/** A token, either in the configuration or in a file. */
export interface TokenEntry {
  mode: 'token';
  provider?: string | undefined;
  server?: string | undefined;
  /** File that holds the token and nothing else. */
  path?: string | undefined;
  access?: string | undefined;
  [key: string]: unknown;
}

/** What a login with OpenID Connect saved. */
export interface OidcEntry {
  mode: 'oidc';
  /** Identity provider; the credential's own name if omitted. */
  provider?: string | undefined;
  /** Server last used with it. */
  server?: string | undefined;
  issuer?: string | undefined;
  token?:
    | {
        access?: string | null | undefined;
        refresh?: string | null | undefined;
        token_type?: unknown;
        scope?: unknown;
        [key: string]: unknown;
      }
    | undefined;
  /** Unix seconds. */
  expiry?:
    | { access?: number | null | undefined; refresh?: unknown; [key: string]: unknown }
    | undefined;
  /** Addresses of the identity provider. */
  endpoints?: unknown;
  /** Under which name the login was made there, and how. */
  client?: unknown;
  [key: string]: unknown;
}

/** An entry of `registries`: user name and secret for one private image registry. */
export interface RegistryEntry {
  username: string;
  secret: string;
  [key: string]: unknown;
}

/** An entry of `providers`: an identity provider of the user's own. */
export interface ProviderEntry {
  mode: 'x509' | 'oidc';
  /** In full, for lists. */
  name?: string | undefined;
  /** URL of the registry that lists its servers, or several of them. */
  registry: string | string[];
  issuer?: string | undefined;
  /** URL of the OIDC discovery document; made from the issuer if omitted. */
  discovery?: string | undefined;
  /** PEM file with certificate authorities to trust in addition to the system's. */
  ca?: string | undefined;
  /** Development only: allows addresses that are not public. */
  development?: boolean | undefined;
  [key: string]: unknown;
}

const text = single('must be text', (value) => typeof value === 'string');
const filled = refined(text, 'must not be empty', (value) => value !== '');
const flag = single('must be true or false', (value) => typeof value === 'boolean');
const isNumber = (value: unknown): value is number => Number.isFinite(value);
const number = single('is missing or of the wrong type', isNumber);
const count = refined(
  single('must be a whole number', (value): value is number => Number.isSafeInteger(value)),
  'must be at least 1',
  (value) => value >= 1,
);

const range = map<LimitRange>({ min: number, max: number });
const size = map<{ cores: LimitRange; memory: LimitRange }>({ cores: range, memory: range });

const context = map<ContextEntry>(
  { server: filled, credential: filled },
  'must be a map with server and credential',
);

const storage = map<{ uri?: string | undefined; url: string }>(
  { uri: optional(text), url: filled },
  'must be a map with url',
);

const server = map<ServerEntry>({
  uri: optional(text),
  url: optional(
    refined(
      text,
      'must be an http or https URL without user, query or #',
      (url) => parseServerUrl(url) !== undefined,
    ),
  ),
  version: optional(refined(text, 'must look like v1', (word) => /^v\d+(?:\.\d+)*$/.test(word))),
  auths: optional(listOf(text, 'must be a list of text')),
  provider: optional(text),
  defaults: optional(map({ cores: number, memory: number, gpus: number })),
  limits: optional(
    map<ServerLimits>({
      flexible: optional(size),
      fixed: optional(size),
      gpus: optional(range),
      sessions: optional(count),
      read: optional(text),
    }),
  ),
  storage: optional(
    refined(
      entries(storage),
      'must not have an entry without a name',
      (services) => !Object.hasOwn(services, ''),
    ),
  ),
  ca: optional(filled),
  socket: optional(filled),
  insecure: optional(flag),
});

const credential = byMode<CredentialEntry>(
  {
    x509: map({
      mode: oneOf('must be x509', 'x509'),
      path: filled,
      provider: optional(text),
      server: optional(text),
      managed: optional(flag),
    }),
    token: refined(
      map<TokenEntry>({
        mode: oneOf('must be token', 'token'),
        provider: optional(text),
        server: optional(text),
        path: optional(filled),
        access: optional(filled),
      }),
      'must have either path or access',
      ({ path, access }) => (path === undefined) !== (access === undefined),
    ),
    oidc: map({
      mode: oneOf('must be oidc', 'oidc'),
      provider: optional(text),
      server: optional(text),
      issuer: optional(text),
      token: optional(
        map({
          access: optional(nullable(text)),
          refresh: optional(nullable(text)),
          token_type: unchecked,
          scope: unchecked,
        }),
      ),
      expiry: optional(
        map({
          access: optional(nullable(single('must be a number', isNumber))),
          refresh: unchecked,
        }),
      ),
      endpoints: uncheckedMap(
        'discovery',
        'device',
        'registration',
        'token',
        'userinfo',
        'revocation',
        'authorization',
      ),
      client: uncheckedMap(
        'identity',
        'secret',
        'secret_expires_at',
        'flow',
        'registration_token',
        'registration_uri',
      ),
    }),
  },
  'must be x509, token or oidc',
);

const account = refined(filled, 'must have at most 255 characters', (value) => value.length <= 255);

const registry = map<RegistryEntry>(
  { username: account, secret: account },
  'must be a map with username and secret',
);

const provider = map<ProviderEntry>({
  mode: oneOf('must be x509 or oidc', 'x509', 'oidc'),
  name: optional(filled),
  registry: oneOrMore(filled, 'must be a URL or a list of URLs'),
  issuer: optional(filled),
  discovery: optional(filled),
  ca: optional(filled),
  development: optional(flag),
});

/** What the configuration file must look like: the only description of it. */
export const configurationShape = map<Configuration>({
  schema: oneOf('must be skaha', 'skaha'),
  version: oneOf('must be 1', 1),
  active: optional(nullable(filled)),
  contexts: orEmpty(entries(context)),
  servers: orEmpty(entries(server)),
  credentials: orEmpty(entries(credential)),
  registries: orEmpty(entries(registry)),
  providers: optional(entries(provider)),
  console: orEmpty(
    map({
      banner: optional(flag),
      color: optional(oneOf('must be auto, always or never', 'auto', 'always', 'never')),
      width: optional(count),
    }),
  ),
  aliases: optional(entries(filled)),
  secrets: optional(
    map({
      storage: optional(oneOf('must be file or keyring', 'file', 'keyring')),
    }),
  ),
});

/** A configuration without any entry: what a missing file stands for. */
export const emptyConfiguration = (): Configuration => ({
  schema: 'skaha',
  version: 1,
  contexts: {},
  servers: {},
  credentials: {},
  registries: {},
  console: {},
});
