import { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import { handled, type Reply, withHeaders } from '@skaha/service/reply.js';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Accounts } from './accounts.js';
import { readIdentityBody } from './body.js';
import type { OidcControls } from './controls.js';
import { DeviceApproval } from './device-approval.js';
import { DevicePage } from './device-page.js';
import { InteractionPage } from './interaction-page.js';
import { interactionPath, oidcConfiguration, oidcPaths } from './oidc-configuration.js';
import type { OidcKeyring } from './oidc-keyring.js';
import type { OidcStore } from './oidc-store.js';
import {
  adjustAnswer,
  controlledPoll,
  innerBearer,
  innerForm,
  registrationBody,
  sealTokens,
} from './oidc-wire.js';

/** What the OIDC service needs. */
export interface OidcServiceOptions {
  readonly keyring: OidcKeyring;
  readonly accounts: Accounts;
  readonly store: OidcStore;
  readonly controls: OidcControls;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Scheme, host and port of the issuer; known once the platform listens. */
  readonly origin: () => string;
}

/** The provider and its pages, loaded with the first request. */
interface OpenedProvider {
  readonly provider: Provider;
  readonly handle: (request: IncomingMessage) => Promise<Reply>;
  readonly approval: DeviceApproval;
  readonly devicePage: DevicePage;
  readonly interactionPage: InteractionPage;
}

/** Registrations are stored for long, so they have to be small. */
const largestRegistration = 16 * 1024;

const exact = new Set<string>([
  ...Object.values(oidcPaths),
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
]);
const below = [`${oidcPaths.registration}/`, `${oidcPaths.authorization}/`, interactionPath];

/**
 * The OIDC provider of a platform: a certified library at the root of the platform's origin, with
 * our own pages for users. It is loaded when the first request arrives.
 */
export class OidcService {
  readonly #options: OidcServiceOptions;
  #opened: Promise<OpenedProvider> | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: OidcServiceOptions) {
    this.#options = options;
  }

  /** Issuer identifier; it ends with a slash. */
  get issuer(): string {
    return `${this.#options.origin()}/`;
  }

  /** Whether a path is one of the provider. */
  serves(path: string): boolean {
    return exact.has(path) || below.some((prefix) => path.startsWith(prefix));
  }

  async answer(request: IncomingMessage, path: string, query: string): Promise<Reply> {
    const { controls } = this.#options;
    if (controls.down) {
      return withHeaders(handled(503, 'The identity provider is down'), { 'retry-after': '1' });
    }
    const { handle, devicePage, interactionPage } = await this.#open();
    if (path === oidcPaths.code_verification) return await devicePage.answer(request, query);
    const body = await readIdentityBody(
      request,
      path.startsWith(oidcPaths.registration) ? largestRegistration : undefined,
    );
    const inner = this.#innerRequest(request, path, body);
    if (path.startsWith(interactionPath)) {
      return await interactionPage.answer(inner, path.slice(interactionPath.length));
    }
    if (request.method === 'POST' && path === oidcPaths.token) {
      const outcome = controlledPoll(body, controls);
      if (outcome?.status === 0) request.socket.destroy();
      if (outcome !== undefined) return outcome;
    }
    return request.method === 'POST'
      ? await this.#inTurn(() => handle(inner))
      : await handle(inner);
  }

  /**
   * Runs work one after the other. The library checks a token and invalidates it in two steps; a
   * second request with the same token must not come in between.
   */
  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return await result;
  }

  /**
   * The request in the form that the library needs: always with the same host name, and without the
   * cookie of an earlier login in the same browser.
   */
  #innerRequest(request: IncomingMessage, path: string, body: Buffer): IncomingMessage {
    const { keyring } = this.#options;
    const { authorization, cookie = '' } = request.headers;
    const isRegistration = request.method === 'POST' && path === oidcPaths.registration;
    return replay(request, {
      body: isRegistration ? registrationBody(body) : innerForm(path, body, authorization, keyring),
      headers: {
        host: new URL(this.issuer).host,
        cookie: withoutSession(cookie),
        ...(authorization === undefined
          ? {}
          : { authorization: innerBearer(authorization, keyring) }),
      },
    });
  }

  /** @see PlatformIdentity.approveDevice */
  async approveDevice(userCode: string, user: string): Promise<boolean> {
    const { approval } = await this.#open();
    return this.#options.accounts.has(user) && (await approval.approve(userCode, user));
  }

  /** @see PlatformIdentity.refuseDevice */
  async refuseDevice(userCode: string): Promise<boolean> {
    const { approval } = await this.#open();
    return await approval.refuse(userCode);
  }

  async #open(): Promise<OpenedProvider> {
    this.#opened ??= this.#load();
    return await this.#opened;
  }

  async #load(): Promise<OpenedProvider> {
    const { keyring, accounts, store, controls, clock, logger } = this.#options;
    const { Provider: ProviderClass } = await import('oidc-provider/lib/provider.js');
    const keys = await keyring.open();
    const provider = new ProviderClass(
      this.issuer,
      oidcConfiguration({ accounts, store, keys, controls }),
    );
    provider.on('server_error', (_context, error) => {
      logger.error(`the OIDC provider failed: ${error.message}`);
    });
    const approval = new DeviceApproval(provider);
    return {
      provider,
      handle: capture(provider, (context) => {
        adjustAnswer(context, controls);
        sealTokens(context, keyring, store, this.issuer);
      }),
      approval,
      devicePage: new DevicePage(approval, accounts, clock),
      interactionPage: new InteractionPage(provider, accounts),
    };
  }
}

const withoutSession = (cookies: string): string =>
  cookies
    .split(/;\s*/)
    .filter((cookie) => !cookie.startsWith('_session'))
    .join('; ');

/**
 * Turns the provider into a function from request to reply, so that the platform sends its replies
 * like all others, with the same faults.
 */
function capture(
  provider: Provider,
  adjust: (context: KoaContextWithOIDC) => void,
): (request: IncomingMessage) => Promise<Reply> {
  const waiting = new WeakMap<IncomingMessage, (reply: Reply) => void>();
  provider.use(async (context: KoaContextWithOIDC, next: () => Promise<void>) => {
    try {
      await next();
    } catch {
      context.status = 500;
      context.body = { error: 'server_error' };
    }
    context.respond = false;
    adjust(context);
    waiting.get(context.req)?.(replyOf(context));
  });
  const callback = provider.callback();
  return async (request) =>
    await new Promise<Reply>((resolve, reject) => {
      waiting.set(request, resolve);
      Promise.resolve(callback(request, new ServerResponse(request))).catch(reject);
    });
}

function replyOf(context: KoaContextWithOIDC): Reply {
  const { body } = context;
  const headers = Object.entries(context.response.headers).flatMap(([name, value]) =>
    value === undefined || name === 'content-length'
      ? []
      : [[name, Array.isArray(value) ? value : String(value)] as const],
  );
  const text =
    body === undefined || body === null ? '' : typeof body === 'string' ? body : undefined;
  return {
    status: context.status,
    headers: Object.fromEntries(headers),
    body: text ?? (Buffer.isBuffer(body) ? body.toString('utf8') : JSON.stringify(body)),
  };
}

/** What to change in a request. */
interface Changes {
  readonly body?: Buffer | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Copies a request with another body or other headers, on the same connection, for a library that
 * reads requests itself.
 *
 * @param request - its body must not have been read, unless `body` is given
 */
function replay(request: IncomingMessage, { body, headers }: Changes): IncomingMessage {
  const again = new IncomingMessage(request.socket);
  again.method = request.method;
  again.url = request.url;
  again.httpVersion = request.httpVersion;
  again.httpVersionMajor = request.httpVersionMajor;
  again.httpVersionMinor = request.httpVersionMinor;
  again.headers = { ...request.headers, ...headers };
  again.rawHeaders = request.rawHeaders;
  if (body !== undefined) {
    delete again.headers['transfer-encoding'];
    again.headers['content-length'] = String(body.length);
    if (body.length > 0) again.push(body);
    again.push(null);
    // Otherwise the end of this body would count as a broken connection, which is then closed.
    again.complete = true;
  }
  return again;
}
