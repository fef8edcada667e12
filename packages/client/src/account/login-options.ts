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
      /** Sent to the credential service once, and never kept. */
      password: string;
      /** Whole days from 1 to 30. @default 30 */
      daysValid?: number | undefined;
      /** File that gets the certificate; `~/.ssl/cadcproxy.pem` if omitted. */
      path?: string | undefined;
    }
  | {
      type: 'netrc';
      /** Only an entry of this user. */
      username?: string | undefined;
      /** The netrc file; `~/.netrc` if omitted. */
      file?: string | undefined;
      /** Whole days from 1 to 30. @default 30 */
      daysValid?: number | undefined;
      /** File that gets the certificate; `~/.ssl/cadcproxy.pem` if omitted. */
      path?: string | undefined;
    }
  | {
      type: 'exchange';
      /** A bearer token that the credential service takes in place of a password. Not kept. */
      token: string;
      /** Whole days from 1 to 30. @default 30 */
      daysValid?: number | undefined;
      /** File that gets the certificate; `~/.ssl/cadcproxy.pem` if omitted. */
      path?: string | undefined;
    }
  | {
      type: 'device';
      /**
       * Shows the user where to approve the login, and with which code. The provider is asked for
       * the tokens once it has resolved, so it must not wait for the user.
       */
      onVerification(verification: Verification): void | Promise<void>;
    }
  | {
      type: 'browser';
      /** Opens the page in a browser of this machine. */
      onOpen(url: string): void | Promise<void>;
      /** Time for the user, in milliseconds. @default 300_000 */
      patienceMs?: number | undefined;
    }
  | {
      type: 'token';
      /** A bearer token; kept in the configuration file. */
      token: string;
    };

/** Where to log in, how, and what to do then. */
export interface LoginOptions extends AccountOptions {
  /** Key of the identity provider, for example `cadc`. */
  provider: string;
  method: LoginMethod;
  /** Log in again although there is a login that is good. @default false */
  force?: boolean | undefined;
  /** URL of another discovery document than the provider's (OIDC). */
  discovery?: string | undefined;
  /** Register with the provider again (OIDC). @default false */
  newClient?: boolean | undefined;
  /** Choose a server afterwards and make it active. @default true */
  activate?: boolean | undefined;
  /** Name, URI or URL of that server. */
  server?: string | undefined;
  /** Chooses among several servers; without it, several are an error. */
  choose?: ((servers: readonly ServerSummary[]) => string | Promise<string>) | undefined;
  /** Look among development servers too. @default false */
  dev?: boolean | undefined;
}

/** What a login came to. */
export interface LoginResult {
  credential: CredentialSummary;
  /** The user's name, if the provider says it. */
  user: string | undefined;
  /** True if a login that is good was there already, and nothing was asked. */
  alreadyLoggedIn: boolean;
  /** The context that is now active; undefined if that was not wanted. */
  activation: Activation | undefined;
}
