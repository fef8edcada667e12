import { parseServerUrl } from '@skaha/base/server-url.js';
import * as z from 'zod/mini';

const text = z.string('must be text');
const filled = z.string('must be text').check(z.minLength(1, 'must not be empty'));
const flag = z.boolean('must be true or false');

/** A context: a server and the credential used with it. */
export const contextSchema = z.looseObject(
  { server: filled, credential: filled },
  'must be a map with server and credential',
);

const rangeSchema = z.looseObject({ min: z.number(), max: z.number() }, 'must be a map');
const sizeSchema = z.looseObject({ cores: rangeSchema, memory: rangeSchema }, 'must be a map');

/** What may be requested at one server; memory in GiB. */
export const limitsSchema = z.looseObject(
  {
    /** From what a session gets when it asks for nothing to what it gets at most. */
    flexible: z.optional(sizeSchema),
    /** From the least to the most that may be requested. */
    fixed: z.optional(sizeSchema),
    gpus: z.optional(rangeSchema),
    /** Interactive sessions at the same time. */
    sessions: z.optional(z.int('must be a whole number').check(z.minimum(1, 'must be at least 1'))),
    /** When the server said so (ISO 8601). */
    read: z.optional(text),
  },
  'must be a map',
);

/** One service that keeps files. */
export const storageSchema = z.looseObject(
  { uri: z.optional(text), url: filled },
  'must be a map with url',
);

/** One Science Platform. */
export const serverSchema = z.looseObject(
  {
    /** IVOA identifier, for example `ivo://cadc.nrc.ca/skaha`. */
    uri: z.optional(text),
    /** Application root, with or without the API version at its end. */
    url: z.optional(
      text.check(
        z.refine(
          (url) => parseServerUrl(url) !== undefined,
          'must be an http or https URL without user, query or #',
        ),
      ),
    ),
    version: z.optional(text.check(z.regex(/^v\d+(?:\.\d+)*$/, 'must look like v1'))),
    auths: z.optional(z.array(text, 'must be a list of text')),
    /** Identity provider through which the server was found. */
    provider: z.optional(text),
    /** What a session got there by default when the server was last tried; memory in GiB. */
    defaults: z.optional(
      z.looseObject({ cores: z.number(), memory: z.number(), gpus: z.number() }, 'must be a map'),
    ),
    /** What may be requested there. */
    limits: z.optional(limitsSchema),
    /** The services that keep its users' files, by the name used in paths. */
    storage: z.optional(z.record(filled, storageSchema, 'must be a map')),
    /** PEM file with certificate authorities to trust in addition to the system's. */
    ca: z.optional(filled),
    /** Unix socket at which the server answers on this machine, without TLS; its owner's alone. */
    socket: z.optional(filled),
    /** Development only: allows plain http, and that only to this machine. */
    insecure: z.optional(flag),
  },
  'must be a map',
);

const x509Schema = z.looseObject({
  mode: z.literal('x509'),
  path: filled,
  provider: z.optional(text),
  server: z.optional(text),
  /** Whether a login wrote the file, so that a logout may delete it. */
  managed: z.optional(flag),
});

const tokenSchema = z
  .looseObject({
    mode: z.literal('token'),
    provider: z.optional(text),
    server: z.optional(text),
    /** File that holds the token and nothing else. */
    path: z.optional(filled),
    access: z.optional(filled),
  })
  .check(
    z.refine(
      (credential) => (credential.path === undefined) !== (credential.access === undefined),
      'must have either path or access',
    ),
  );

const oidcSchema = z.looseObject({
  mode: z.literal('oidc'),
  /** Identity provider; the credential's own name if omitted. */
  provider: z.optional(text),
  /** Server last used with it. */
  server: z.optional(text),
  issuer: z.optional(text),
  token: z.optional(
    z.looseObject(
      { access: z.optional(z.nullable(text)), refresh: z.optional(z.nullable(text)) },
      'must be a map',
    ),
  ),
  /** Unix seconds. */
  expiry: z.optional(
    z.looseObject(
      { access: z.optional(z.nullable(z.number('must be a number'))) },
      'must be a map',
    ),
  ),
});

/** A credential, by its kind. */
export const credentialSchema = z.discriminatedUnion(
  'mode',
  [x509Schema, tokenSchema, oidcSchema],
  'must be x509, token or oidc',
);

const account = filled.check(z.maxLength(255, 'must have at most 255 characters'));

/** User name and secret for one private image registry. */
export const registrySchema = z.looseObject(
  { username: account, secret: account },
  'must be a map with username and secret',
);

/** How the command line looks. */
export const consoleSchema = z.looseObject(
  {
    banner: z.optional(flag),
    color: z.optional(z.enum(['auto', 'always', 'never'], 'must be auto, always or never')),
    width: z.optional(z.int('must be a whole number').check(z.minimum(1, 'must be at least 1'))),
  },
  'must be a map',
);

const map = <Schema extends z.ZodMiniType>(schema: Schema) =>
  z.record(z.string(), schema, 'must be a map');

/** An identity provider of the user's own. */
export const providerSchema = z.looseObject(
  {
    mode: z.enum(['x509', 'oidc'], 'must be x509 or oidc'),
    /** In full, for lists. */
    name: z.optional(filled),
    /** URL of the registry that lists its servers, or several of them. */
    registry: z.union([filled, z.array(filled)], 'must be a URL or a list of URLs'),
    issuer: z.optional(filled),
    /** URL of the OIDC discovery document; made from the issuer if omitted. */
    discovery: z.optional(filled),
    /** PEM file with certificate authorities to trust in addition to the system's. */
    ca: z.optional(filled),
    /** Development only: allows addresses that are not public. */
    development: z.optional(flag),
  },
  'must be a map',
);

/** Where secrets are kept. */
export const secretsSchema = z.looseObject(
  { storage: z.optional(z.enum(['file', 'keyring'], 'must be file or keyring')) },
  'must be a map',
);

/** The whole configuration file. Unknown keys are kept. */
export const configurationSchema = z.looseObject({
  schema: z.literal('skaha', 'must be skaha'),
  version: z.literal(1, 'must be 1'),
  /** Name of the context in use. */
  active: z.optional(z.nullable(filled)),
  contexts: map(contextSchema),
  servers: map(serverSchema),
  credentials: map(credentialSchema),
  registries: map(registrySchema),
  /** Identity providers of the user's own. */
  providers: z.optional(map(providerSchema)),
  console: consoleSchema,
  /** Names of the user's own for command lines, and what they stand for. */
  aliases: z.optional(map(filled)),
  secrets: z.optional(secretsSchema),
});

/** The contents of the configuration file. */
export type Configuration = z.infer<typeof configurationSchema>;
/** An entry of `contexts`. */
export type ContextEntry = z.infer<typeof contextSchema>;
/** An entry of `servers`. */
export type ServerEntry = z.infer<typeof serverSchema>;
/** An entry of `credentials`. */
export type CredentialEntry = z.infer<typeof credentialSchema>;
