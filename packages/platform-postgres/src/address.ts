import { readFileSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { PlatformError, reasonOf, systemCode } from '@skaha/service/errors.js';
import { passwordIn } from './password-file.js';

/** How a connection is protected, in the terms of libpq. */
const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof sslModes)[number];

/** The address of a database, with the user. */
export interface Address {
  /** A host, or the directory of a unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  readonly sslMode: SslMode;
  /** PEM: authorities to trust, and the platform's own certificate and key. */
  readonly rootCertificate: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly connectSeconds: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Parameters of an address, with the environment variables of the same meaning. */
const parameters = {
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  host: 'PGHOST',
  port: 'PGPORT',
  user: 'PGUSER',
  dbname: 'PGDATABASE',
} as const;

type Parameter = keyof typeof parameters;

/**
 * Parses the address of a PostgreSQL database like libpq; missing parts come from the usual
 * variables (`PGHOST`, `PGUSER`, …). A password comes only from `PGPASSWORD` or a password file,
 * because addresses are visible in lists of processes and in configurations.
 *
 * @param text - `postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full`
 * @throws {PlatformError} `config.invalid`
 */
export function readAddress(text: string, env: Environment = process.env): Address {
  const url = parsed(text);
  if (url.password !== '' || url.searchParams.has('password')) {
    throw invalid('it contains a password, which others could read', passwordHint);
  }
  const given = givenIn(url);
  const settingOf = (name: Parameter) => given(name) ?? nonEmpty(env[parameters[name]]);
  const user = settingOf('user') ?? systemUser();
  const place = {
    host: settingOf('host') ?? 'localhost',
    port: numberOf('port', settingOf('port') ?? '5432', 65_535),
    database: settingOf('dbname') ?? user,
    user,
  };
  const sslMode = sslModeOf(settingOf('sslmode') ?? 'prefer');
  const fileOf = (name: Parameter) => readPem(name, settingOf(name));
  const rootPath = settingOf('sslrootcert');
  const rootCertificate = rootPath === 'system' ? undefined : fileOf('sslrootcert');
  if (sslMode === 'verify-ca' && rootCertificate === undefined && rootPath !== 'system') {
    throw invalid('sslmode=verify-ca needs sslrootcert=/PATH, or sslrootcert=system');
  }
  return {
    ...place,
    password: nonEmpty(env['PGPASSWORD']) ?? passwordFrom(env, place),
    sslMode,
    rootCertificate,
    certificate: fileOf('sslcert'),
    key: fileOf('sslkey'),
    connectSeconds: numberOf('connect_timeout', settingOf('connect_timeout') ?? '10', 3_600) || 10,
  };
}

/** An address for people, without secrets. */
export function wordsFor({ host, port, database, user }: Address): string {
  const place = host.startsWith('/') ? `${host} (${port})` : `${host}:${port}`;
  return `PostgreSQL at ${place}, database ${database}, as ${user}`;
}

const passwordHint =
  'Leave it out, and set PGPASSWORD, or name a file in PGPASSFILE (host:port:database:user:password).';

function parsed(text: string): URL {
  if (!/^postgres(?:ql)?:\/\//.test(text)) throw invalid('it does not begin with postgres://');
  try {
    // The host may be the directory of a socket, as %2Frun%2Fpostgresql.
    return new URL(text.replace(/^postgres(?:ql)?:/, 'postgres:'));
  } catch {
    // The message of the parser repeats the text, which may contain a password.
    throw invalid('it cannot be read');
  }
}

function givenIn(url: URL): (name: Parameter) => string | undefined {
  for (const name of url.searchParams.keys()) {
    if (!Object.hasOwn(parameters, name)) {
      const known = Object.keys(parameters).join(', ');
      throw invalid(`${JSON.stringify(name)} is not known`, `It may have: ${known}.`);
    }
  }
  const parts: Partial<Record<Parameter, string>> = {
    host: decoded(url.hostname.replace(/^\[(.*)\]$/, '$1')),
    port: url.port,
    user: decoded(url.username),
    dbname: decoded(url.pathname.replace(/^\//, '')),
  };
  return (name) => nonEmpty(url.searchParams.get(name) ?? undefined) ?? nonEmpty(parts[name]);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('it cannot be read');
  }
}

const nonEmpty = (text: string | undefined): string | undefined =>
  text === undefined || text === '' ? undefined : text;

function numberOf(name: string, text: string, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= most) return number;
  throw invalid(`${name} is ${JSON.stringify(text)}, and must be a number up to ${most}`);
}

function sslModeOf(text: string): SslMode {
  const mode = sslModes.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw invalid(`sslmode is ${JSON.stringify(text)}`, `Choose one of ${sslModes.join(', ')}.`);
}

function readPem(name: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw invalid(`the file of ${name}, ${path}, cannot be read: ${reasonOf(error)}`);
  }
}

/** The password in the file that libpq would use. */
function passwordFrom(
  env: Environment,
  place: Parameters<typeof passwordIn>[1],
): string | undefined {
  const named = nonEmpty(env['PGPASSFILE']);
  const path = named ?? join(nonEmpty(env['HOME']) ?? homedir(), '.pgpass');
  let text: string;
  try {
    const { mode } = statSync(path);
    text = readFileSync(path, 'utf8');
    // Secrets that are mounted into a pod may be readable by the group.
    if ((mode & 0o007) !== 0) throw invalid(`everybody can read the password file ${path}`);
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    if (named === undefined && systemCode(error) !== undefined) return undefined;
    throw invalid(`the password file ${path} cannot be read: ${reasonOf(error)}`);
  }
  return passwordIn(text, place);
}

function systemUser(): string {
  try {
    return userInfo().username;
  } catch {
    throw invalid('it names no user');
  }
}

const invalid = (why: string, hint?: string): PlatformError =>
  new PlatformError('config.invalid', `The address of the store cannot be used: ${why}.`, {
    hint: hint ?? 'Use this form: postgres://USER@HOST:5432/DATABASE?sslmode=verify-full',
  });
