import type { Clock } from '@skaha/base/clock.js';
import type { Transport } from '../transport/types.js';

/** The credential of a client's requests. */
export type Credential =
  /** A bearer token. `read` is called before every request, so that a changed file is noticed. */
  | {
      mode: 'token';
      runtime: boolean;
      read: () => Promise<string>;
      /**
       * Gets a token in place of one that the server did not take; absent if there is no way to.
       */
      renew?: ((rejected: string) => Promise<string>) | undefined;
    }
  /** A TLS client certificate: one PEM with certificate, key and chain. */
  | { mode: 'x509'; runtime: boolean; path: string; read: () => Promise<ClientCertificate> }
  /** The browser's own cookies, sent to the same origin. */
  | { mode: 'cookie' }
  /** Nothing, because the caller asked for nothing. */
  | { mode: 'anonymous' };

/** A certificate as read from its file, already checked for completeness and dates. */
export interface ClientCertificate {
  pem: string;
  notBefore: Date;
  notAfter: Date;
}

/** User name and secret for a private image registry. */
export interface RegistryCredential {
  username: string;
  secret: string;
}

/** The address of a storage service. */
export interface StorageAddress {
  /** IVOA identifier, for example `ivo://cadc.nrc.ca/arc`. */
  uri?: string | undefined;
  /** Its root, for example `https://ws-uv.canfar.net/arc`. */
  url: string;
}

/** Everything needed to talk to one server as one user. */
export interface Connection {
  /** Application root without version or trailing slash, for example `https://ws-uv.canfar.net/skaha`. */
  root: string;
  /** API version, for example `v1`. */
  version: string;
  credential: Credential;
  /** PEM of certificate authorities trusted in addition to the system's. */
  ca?: string | undefined;
  /** Address of the proxy to use; `false` for none; undefined for what the variables say. */
  proxy?: string | false | undefined;
  /** Reads them only when they are needed; used in place of `ca`. */
  readCa?: (() => Promise<string>) | undefined;
  /** Unix socket at which the server answers on this machine; used instead of `root` where it can be. */
  socket?: string | undefined;
  /** Name of the context it came from; undefined if it came from options or variables. */
  context?: string | undefined;
  /** Storage services of the server by name; undefined if none is known. */
  storage?: Readonly<Record<string, StorageAddress>> | undefined;
  /** Private image registry credentials by registry host. */
  registries: Readonly<Record<string, RegistryCredential>>;
  /** What the user should hear about, for example a certificate that ends soon. */
  warnings?: readonly string[] | undefined;
}

/** Options that select the server and the credential. */
export interface ConnectionOptions {
  url?: string | undefined;
  token?: string | undefined;
  certificate?: string | undefined;
  context?: string | undefined;
  /** Name, URI or URL of a server in the configuration, to use instead of a context. */
  server?: string | undefined;
  /** Name of a login, or of its identity provider, to use instead of a context. */
  idp?: string | undefined;
  /** Path of the configuration file. */
  config?: string | undefined;
  /** Path of a PEM file with certificate authorities to trust in addition to the system's. */
  ca?: string | undefined;
  /**
   * Address of the proxy to use, such as `http://USER:PASSWORD@HOST:PORT`; `false` for none. Hosts
   * in `NO_PROXY` and this machine are reached without it.
   * @defaultValue the value of `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY`, also in lower case
   */
  proxy?: string | false | undefined;
  /** Send no credential at all. */
  anonymous?: boolean | undefined;
}

/** A digest that is computed piece by piece. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** In hexadecimal, lower case. What comes after it goes on from there. */
  digest(): string;
}

/** What differs between Node and a browser. Chosen by the `#runtime` import. */
export interface Runtime {
  name: 'node' | 'browser';
  /** Options first, then `SKAHA_…` variables, then the active context; credentials count as one. */
  resolveConnection(options: ConnectionOptions): Promise<Connection>;
  createTransport(
    connection: Connection,
    options: { concurrency: number },
  ): Transport | Promise<Transport>;
  /** MD5, by which storage services check whether a file arrived whole; it protects from nobody. */
  createMd5(): Hasher;
  /** Value of an environment variable; undefined where there is no environment. */
  variable(name: string): string | undefined;
}

/** What reading a credential needs. */
export interface CredentialTools {
  /** Turns a path of the configuration into an absolute one. */
  local(path: string): string;
  clock: Clock;
  /** Warnings for the user are added here. */
  warnings: string[];
  /** Absolute path of the configuration file. */
  file: string;
  /** Absolute path of the authorities that were asked for; undefined if none were. */
  authority: string | undefined;
  /** As in the options of a client. */
  proxy?: string | false | undefined;
}
