import { BackingUnreachable } from '@skaha/engine/ports/backing.js';
import { systemCode } from '@skaha/service/errors.js';
import type { Address } from './address.js';

interface Explanation {
  readonly why: string;
  readonly hint?: string;
}

const passwordHint =
  'Set PGPASSWORD, or name a file in PGPASSFILE (host:port:database:user:password).';
const addressHint = 'Check the host and the port in the address of the store.';

/** The meaning of errors of the server, the system or TLS, by code. */
const explanations: Readonly<
  Record<string, (address: Address, error: Partial<Error>) => Explanation>
> = {
  // PostgreSQL, appendix A.
  '28P01': ({ user, password }) => ({
    why: `it does not accept the password of ${user}`,
    hint:
      password === undefined
        ? passwordHint
        : 'Check PGPASSWORD, or the file that PGPASSFILE names (~/.pgpass by default).',
  }),
  '28000': ({ user }, { message = '' }) => ({
    why: `it does not let ${user} in: ${message}`,
    hint: 'Check the user in the address, and pg_hba.conf of the server.',
  }),
  '3D000': ({ database, user }) => ({
    why: `there is no database ${database}`,
    hint: `Create it: createdb --owner ${user} ${database}`,
  }),
  '42501': ({ database, user }, { message = '' }) => ({
    why: `${user} may not do what is needed: ${message}`,
    hint: `Grant it: GRANT CREATE, CONNECT ON DATABASE "${database}" TO "${user}"`,
  }),
  '25006': () => ({
    why: 'it is read-only',
    hint: 'Give the address of the primary server, not that of a standby.',
  }),
  '53100': () => ({ why: 'its disk is full' }),
  '53300': () => ({ why: 'it has too many connections' }),
  '57P01': () => ({ why: 'it is being stopped' }),
  '57P03': () => ({ why: 'it is starting or stopping' }),
  ECONNREFUSED: () => ({ why: 'nothing answers there', hint: addressHint }),
  ECONNRESET: () => ({ why: 'the connection broke' }),
  EPIPE: () => ({ why: 'the connection broke' }),
  CONNECTION_CLOSED: () => ({ why: 'the connection broke' }),
  CONNECTION_DESTROYED: () => ({ why: 'the connection broke' }),
  ENOTFOUND: ({ host }) => ({ why: `there is no host ${host}`, hint: addressHint }),
  EAI_AGAIN: ({ host }) => ({ why: `the host ${host} cannot be looked up`, hint: addressHint }),
  ENOENT: ({ host }) => ({ why: `there is no socket in ${host}`, hint: addressHint }),
  EACCES: () => ({ why: 'permission denied' }),
  EHOSTUNREACH: () => ({ why: 'there is no way to it', hint: addressHint }),
  ENETUNREACH: () => ({ why: 'there is no way to it', hint: addressHint }),
  ETIMEDOUT: () => ({ why: 'it does not answer in time' }),
  SASL_SIGNATURE_MISMATCH: () => ({ why: 'it cannot prove that it knows the password' }),
};

const tlsHint =
  'Name the authority that proves the server: sslrootcert=/PATH in the address, or PGSSLROOTCERT.';

const isAboutTls = (code: string): boolean =>
  /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_|ERR_OSSL)/.test(code);

/** Describes why a database cannot be used. */
export function unreachable(address: Address, error: unknown): BackingUnreachable {
  const { why, hint } = explanationOf(address, error);
  const { host, port } = address;
  const place = host.startsWith('/') ? host : `${host}:${port}`;
  const message = `PostgreSQL at ${place} cannot be used: ${why}`;
  return new BackingUnreachable(message, { hint, cause: error });
}

function explanationOf(
  address: Address,
  error: unknown,
): { why: string; hint?: string | undefined } {
  if (error instanceof BackingUnreachable) return { why: error.message, hint: error.hint };
  const code = systemCode(error) ?? '';
  const known = Object.hasOwn(explanations, code) ? explanations[code] : undefined;
  const message = error instanceof Error ? error.message : String(error);
  if (known !== undefined) return known(address, { message });
  if (isAboutTls(code))
    return { why: `its certificate cannot be trusted: ${message}`, hint: tlsHint };
  // Several addresses of a host were tried.
  if (error instanceof AggregateError) return explanationOf(address, error.errors[0]);
  return { why: message };
}
