import { isName, nameRule } from '@skaha/base/names.js';
import type { Configuration, ProviderEntry } from '../config/schema.js';
import { SkahaError } from '../errors/index.js';

/** A registry that lists the services of a federation (IVOA resource-caps document). */
export interface RegistrySource {
  name: string;
  url: string;
  /** Asked only when development servers are wanted. */
  development: boolean;
}

/** An identity provider, and the registries that list its servers. */
export interface IdentityProvider {
  /** What users type, for example `cadc`. */
  key: string;
  /** In full, for example `Canadian Astronomy Data Centre`. */
  name: string;
  /** The kind of login: a certificate or OIDC. */
  mode: 'x509' | 'oidc';
  registries: readonly RegistrySource[];
  /** OIDC: compared character by character with what the provider says. */
  issuer?: string | undefined;
  /** OIDC: URL of the discovery document. */
  discovery?: string | undefined;
  /** X.509: resource id of the credential service in the registry. */
  credentialService?: string | undefined;
  /** X.509: registry that is asked for the credential service when the others do not answer. */
  fallbackRegistry?: string | undefined;
  /** Path of a PEM file with certificate authorities to trust in addition to the system's. */
  ca?: string | undefined;
  /** Development only: addresses that are not public are allowed, and plain http to this machine. */
  development: boolean;
  /** False for those in the configuration file. */
  builtIn: boolean;
}

/**
 * The kinds of login that an identity provider offers: its own mode, and the other one where it has
 * what that needs.
 *
 * @param provider - as from {@link identityProviders}
 * @example
 * ```ts
 * import { identityProvider, offeredModes } from 'skaha/account';
 *
 * console.log(offeredModes(identityProvider('cadc', {})));
 * ```
 */
export const offeredModes = ({
  mode,
  issuer,
  credentialService,
}: IdentityProvider): IdentityProvider['mode'][] =>
  (['x509', 'oidc'] as const).filter(
    (one) =>
      one === mode || (one === 'oidc' ? issuer !== undefined : credentialService !== undefined),
  );

const cadcCredentialService = 'ivo://cadc.nrc.ca/cred';

/** The built-in identity providers. */
export const builtInProviders: readonly IdentityProvider[] = [
  {
    key: 'cadc',
    name: 'Canadian Astronomy Data Centre',
    mode: 'x509',
    registries: [
      {
        name: 'CADC',
        url: 'https://ws.cadc-ccda.hia-iha.nrc-cnrc.gc.ca/reg/resource-caps',
        development: false,
      },
      {
        name: 'CADC@keel-dev',
        url: 'https://rc-ws.cadc-ccda.hia-iha.nrc-cnrc.gc.ca/reg/resource-caps',
        development: true,
      },
    ],
    credentialService: cadcCredentialService,
    fallbackRegistry: 'https://cadc-west-01.canfar.net/reg/resource-caps',
    development: false,
    builtIn: true,
  },
  {
    key: 'srcnet',
    name: 'SKA Regional Centre Network',
    mode: 'oidc',
    registries: [
      {
        name: 'SRCNet',
        url: 'https://spsrc27.iaa.csic.es/reg/resource-caps',
        development: false,
      },
    ],
    issuer: 'https://ska-iam.stfc.ac.uk/',
    discovery: 'https://ska-iam.stfc.ac.uk/.well-known/openid-configuration',
    development: false,
    builtIn: true,
  },
];

const invalid = (key: string, what: string): SkahaError =>
  new SkahaError('config.invalid', `The identity provider '${key}' in the configuration ${what}.`, {
    hint: `See it with 'skaha config get providers.${key}'.`,
    id: key,
  });

function fromEntry(key: string, entry: ProviderEntry): IdentityProvider {
  if (!isName(key)) throw invalid(key, `has a name that must ${nameRule}`);
  if (entry.mode === 'oidc' && entry.issuer === undefined) throw invalid(key, 'has no issuer');
  const discovery =
    entry.discovery ??
    (entry.issuer === undefined
      ? undefined
      : `${entry.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  return {
    key,
    name: entry.name ?? key,
    mode: entry.mode,
    registries: [entry.registry].flat().map((url) => ({ name: key, url, development: false })),
    issuer: entry.issuer,
    discovery,
    credentialService: entry.mode === 'x509' ? cadcCredentialService : undefined,
    ca: entry.ca,
    development: entry.development === true,
    builtIn: false,
  };
}

/**
 * Lists the identity providers: the built-in ones, then those in the configuration file. A provider
 * in the file replaces the built-in one with the same key.
 *
 * @param configuration - the user's settings; its key `providers` is read
 * @throws {SkahaError} `config.invalid` for an entry that cannot be used
 * @example
 * ```ts
 * import { identityProviders } from 'skaha/account';
 *
 * console.log(identityProviders({}).map(({ key }) => key)); // [ 'cadc', 'srcnet' ]
 * ```
 */
export function identityProviders(
  configuration: Pick<Configuration, 'providers'>,
): IdentityProvider[] {
  const own = Object.entries(configuration.providers ?? {}).map(([key, entry]) =>
    fromEntry(key, entry),
  );
  const replaced = new Set(own.map(({ key }) => key));
  return [...builtInProviders.filter(({ key }) => !replaced.has(key)), ...own];
}

/** The identity provider of a key, if there is one. */
export const knownProvider = (
  key: string,
  configuration: Pick<Configuration, 'providers'>,
): IdentityProvider | undefined =>
  identityProviders(configuration).find((provider) => provider.key === key);

/**
 * Finds one identity provider.
 *
 * @param key - for example `cadc`
 * @param configuration - the user's settings
 * @throws {SkahaError} `authentication.required` if there is none of that key
 * @example
 * ```ts
 * import { identityProvider } from 'skaha/account';
 *
 * console.log(identityProvider('cadc', {}).name);
 * ```
 */
export function identityProvider(
  key: string,
  configuration: Pick<Configuration, 'providers'>,
): IdentityProvider {
  const found = knownProvider(key, configuration);
  if (found !== undefined) return found;
  const all = identityProviders(configuration);
  throw new SkahaError('authentication.required', `There is no identity provider '${key}'.`, {
    hint: `These exist: ${all.map((provider) => provider.key).join(', ')}. Others can be added under providers in the configuration file.`,
    id: key,
  });
}
