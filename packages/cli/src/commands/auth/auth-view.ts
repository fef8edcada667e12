import type { Ink } from '@skaha/terminal/output/style.js';
import type { Column } from '@skaha/terminal/output/table.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import type { CredentialSummary } from 'skaha/account';

/** A login for programs; the names of its fields are a promise. */
export function credentialDocument(credential: CredentialSummary) {
  const { name, provider, providerName, mode, expiry, active, server, state, renewable, path } =
    credential;
  return {
    idp: name,
    name: providerName ?? provider ?? name,
    mode,
    expiry,
    active,
    server: server ?? null,
    state,
    renewable,
    path: path ?? null,
  };
}

const inks: Readonly<Record<CredentialSummary['state'], Ink>> = {
  valid: 'green',
  expired: 'red',
  missing: 'yellow',
  invalid: 'red',
};

/**
 * When a login ends, for people.
 *
 * @param credential - the login
 * @param now - milliseconds since the Unix epoch
 */
export function expiryText({ expiry, renewable }: CredentialSummary, now: number): string {
  if (renewable) return 'renewed as needed';
  return expiry === null ? '-' : relative(new Date(expiry * 1000), now);
}

/** The same with the time itself. */
export function longExpiry(credential: CredentialSummary, now: number): string | undefined {
  const { expiry, renewable } = credential;
  if (expiry === null) return renewable ? 'renewed as needed' : undefined;
  const end = new Date(expiry * 1000);
  const word = renewable ? ', then renewed' : '';
  return `${utc(end)} (${relative(end, now)}${word})`;
}

/** The list of logins for people. */
export const credentialColumns = (now: number): readonly Column<CredentialSummary>[] => [
  { header: '', value: ({ active }) => (active ? '*' : '') },
  { header: 'IDP', value: ({ name }) => name, ink: ({ active }) => (active ? 'green' : undefined) },
  { header: 'MODE', value: ({ mode }) => mode },
  { header: 'STATE', value: ({ state }) => state, ink: ({ state }) => inks[state] },
  { header: 'EXPIRES', value: (credential) => expiryText(credential, now) },
  { header: 'SERVER', value: ({ server }) => server ?? '-' },
];
