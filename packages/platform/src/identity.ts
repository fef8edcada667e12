import { mkdirSync } from 'node:fs';
import type { Identity } from '@skaha/engine/ports/identity.js';
import type { Identities } from '@skaha/identity/identities.js';
import type { IssuerServices } from '@skaha/identity/issuer/services.js';
import type {
  IdentityOptions,
  IdentityServices,
  ProvingServices,
} from '@skaha/identity/services.js';
import { challengesAt } from '@skaha/service/challenges.js';
import type { Settings } from './config/settings.js';

/** What opening the identity provider needs. */
export interface OpenIdentityOptions extends IdentityOptions {
  readonly settings: Pick<Settings, 'issuer' | 'issuerUsers'>;
  readonly identities: Identities;
  readonly signal: AbortSignal | undefined;
}

/**
 * Opens the site's own issuer if there is one in the configuration, otherwise the stand-in; the
 * code of the other is not loaded.
 *
 * @throws {PlatformError} `platform.start_failed` if the issuer cannot be used
 */
export async function openIdentity(
  options: OpenIdentityOptions,
): Promise<{ readonly services: ProvingServices; readonly identity: Identity }> {
  const { settings, identities } = options;
  const { issuer } = settings;
  if (issuer === undefined) {
    const { IdentityServices } = await import('@skaha/identity/services.js');
    const services = new IdentityServices(options);
    return { services, identity: standInIdentity(identities, services) };
  }
  const { IssuerServices } = await import('@skaha/identity/issuer/services.js');
  const services = await IssuerServices.open({
    ...options,
    settings: issuer,
    configured: settings.issuerUsers,
    reserved: options.users.map(({ name }) => name),
  });
  return { services, identity: issuerIdentity(options, services) };
}

/** Adapts the stand-in identity provider to the engine's port. */
const standInIdentity = (identities: Identities, services: IdentityServices): Identity => ({
  users: identities.users,
  names: identities.users.map(({ name }) => name),
  get issuer() {
    return services.issuer;
  },
  advertised: services.controls.capabilities,
  challenges: challengesAt,
  about: (user) => identities.settings(user),
  byCertificate: (raw) => services.certificates.find(raw) ?? identities.byCertificate(raw),
  byToken: async (token, now) => {
    const own = identities.byToken(token, now);
    return own === 'unknown' ? services.byToken(token) : own;
  },
  byCookie: (value) => services.byCookie(value),
  tokenFor: (user) => identities.users.find(({ name }) => name === user)?.token,
  answer: (request, origin) => services.answer(request, origin),
});

/**
 * Adapts a site's own issuer to the engine's port. The owner of the platform uses the credentials
 * in its data folder; all others come with a token of the issuer.
 */
function issuerIdentity(
  { identities, clock, layout }: OpenIdentityOptions,
  services: IssuerServices,
): Identity {
  const { members, controls } = services;
  const housed = new Set<string>();
  const house = (user: string) => {
    if (!housed.has(user)) mkdirSync(layout.home(user), { recursive: true });
    housed.add(user);
  };
  const tokens = new Map(identities.users.map(({ name, token }) => [name, token]));
  const about: Identity['about'] = (user) => members.about(user) ?? identities.settings(user);
  return {
    users: identities.users,
    get names() {
      return [...new Set([...identities.users.map(({ name }) => name), ...members.names])];
    },
    issuer: services.issuer,
    get advertised() {
      const { capabilities } = controls;
      return { ...capabilities, methods: capabilities.methods.filter((one) => one === 'token') };
    },
    challenges: () => ['Bearer'],
    about,
    byCertificate: (raw) => identities.byCertificate(raw),
    byToken: async (token, now) => {
      const own = identities.byToken(token, now);
      if (own !== 'unknown') return own;
      const proof = await services.byToken(token, now);
      if (typeof proof === 'object' && 'user' in proof) house(proof.user);
      return proof;
    },
    byCookie: () => ({ fault: 'invalid cookie: Bad token.' }),
    tokenFor: (user) => {
      if (about(user) === undefined) return undefined;
      const token =
        tokens.get(user) ?? identities.issueToken(user, clock, Number.POSITIVE_INFINITY);
      tokens.set(user, token);
      return token;
    },
    answer: (request, origin) => services.answer(request, origin),
  };
}
