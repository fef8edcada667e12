import type { Identity } from '@skaha/engine/ports/identity.js';
import type { Identities } from '@skaha/identity/identities.js';
import type { IdentityServices } from '@skaha/identity/services.js';

/** The stand-in identity provider as the engine's port asks for it. */
export const standInIdentity = (identities: Identities, services: IdentityServices): Identity => ({
  users: identities.users,
  get issuer() {
    return services.issuer;
  },
  advertised: services.controls.capabilities,
  about: (user) => identities.settings(user),
  byCertificate: (raw) => services.certificates.find(raw) ?? identities.byCertificate(raw),
  byToken: (token, now) => {
    const own = identities.byToken(token, now);
    return own === 'unknown' ? services.byToken(token) : own;
  },
  byCookie: (value) => services.byCookie(value),
  answer: (request, origin) => services.answer(request, origin),
});
