import type { Verification } from '../auth/oidc/index.js';
import type { Activation } from './choose.js';
import type { CredentialSummary } from './credentials.js';
import type { ServerSummary } from './servers.js';
import type { AccountOptions } from './tools.js';

/** How a user proves who they are. */
export type LoginMethod =
  | {
      type: 'certificate';
      /** File with certificate and key; `~/.ssl/cadcproxy.pem` if omitted. */
      path?: string | undefined;
    }
  | {
      type: 'password';
      username: string;
      /** Sent to the credential service once, and never saved. */
      password: string;
      /** Whole days from 1 to 30. @default 30 */
      daysValid?: number | undefined;
      /** File to which the certificate is written; `~/.ssl/cadcproxy.pem` if omitted. */
      path?: string | undefined;
    }
  | {
      type: 'netrc';
      /** Use only an entry for this user. */
      username?: string | undefined;
      /** The netrc file; `~/.netrc` if omitted. */
      file?: string | undefined;
      /** Whole days from 1 to 30. @default 30 */
      daysValid?: number | undefined;
      /** File to which the certificate is written; `~/.ssl/cadcproxy.pem` if omitted. */
      path?: string | undefined;
    }
  | {
      type: 'exchange';
      /**
       * A bearer token that the credential service accepts instead of a password. It is not saved.
       */
      token: string;
      /** Whole days from 1 to 30. @default 30 */
      daysValid?: number | undefined;
      /** File to which the certificate is written; `~/.ssl/cadcproxy.pem` if omitted. */
      path?: string | undefined;
    }
  | {
      type: 'device';
      /**
       * Called with the address at which the user approves the login, and with the code to enter.
       * Polling for the tokens starts after it has resolved, so it must not wait for the user.
       */
      onVerification(verification: Verification): void | Promise<void>;
    }
  | {
      type: 'browser';
      /** Called to open the page in a browser on this machine. */
      onOpen(url: string): void | Promise<void>;
      /** How long the user may take, in milliseconds. @default 300_000 */
      patienceMs?: number | undefined;
    }
  | {
      type: 'token';
      /** A bearer token; it is saved in the configuration file. */
      token: string;
    };

/** Where and how to log in, and what to do afterwards. */
export interface LoginOptions extends AccountOptions {
  /** Key of the identity provider, for example `cadc`. */
  provider: string;
  method: LoginMethod;
  /** Log in again even if there is a valid login. @default false */
  force?: boolean | undefined;
  /** URL of a discovery document to use instead of the provider's (OIDC). */
  discovery?: string | undefined;
  /** Register with the provider again (OIDC). @default false */
  newClient?: boolean | undefined;
  /** Select a server afterwards and make it active. @default true */
  activate?: boolean | undefined;
  /** Name, URI or URL of that server. */
  server?: string | undefined;
  /** Chooses among several servers. Without it, more than one server is an error. */
  choose?: ((servers: readonly ServerSummary[]) => string | Promise<string>) | undefined;
  /** Include development servers in the search. @default false */
  dev?: boolean | undefined;
}

/** The result of a login. */
export interface LoginResult {
  credential: CredentialSummary;
  /** The user name, if the provider reports it. */
  user: string | undefined;
  /** True if there was already a valid login, so no new login was needed. */
  alreadyLoggedIn: boolean;
  /** The context that is now active; undefined with `activate: false`. */
  activation: Activation | undefined;
}
