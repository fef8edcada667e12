import { type IncomingMessage, ServerResponse } from 'node:http';
import { methodNotAllowed, type Reply, text, withHeaders } from '@skaha/service/reply.js';
import type { InteractionResults, Provider } from 'oidc-provider';
import type { Accounts } from './accounts.js';
import { senderOf } from './attempt-limit.js';
import { readForm } from './body.js';
import { type ConsentRequest, consentPage, tooManyTries } from './consent-form.js';
import { failurePage, interactionPath } from './oidc-configuration.js';

type Details = Awaited<ReturnType<Provider['interactionDetails']>>;

/** The page on which a user approves an authorization request (authorization code with PKCE). */
export class InteractionPage {
  readonly #provider: Provider;
  readonly #accounts: Accounts;

  constructor(provider: Provider, accounts: Accounts) {
    this.#provider = provider;
    this.#accounts = accounts;
  }

  /** @param uid - the id of the interaction in the path */
  async answer(request: IncomingMessage, uid: string): Promise<Reply> {
    const { method = 'GET' } = request;
    if (method !== 'GET' && method !== 'POST') return methodNotAllowed(method, ['GET', 'POST']);
    const details = await this.#details(request);
    if (details === undefined || details.uid !== uid) {
      return failurePage(
        'This login is unknown or has expired. Start it again in your program.',
        404,
      );
    }
    const consent = await this.#consentRequest(details);
    if (method === 'GET') return consentPage(consent);
    const form = await readForm(request);
    if (form.get('action') === 'refuse') {
      const description = 'The user refused';
      return await this.#finish(request, {
        error: 'access_denied',
        error_description: description,
      });
    }
    const name = form.get('username')?.trim() ?? '';
    const proof = await this.#accounts.check(name, form.get('password') ?? '', senderOf(request));
    if (proof.retrySeconds !== undefined) return tooManyTries(consent, name, proof.retrySeconds);
    const { user } = proof;
    if (user === undefined) {
      return consentPage(consent, { message: 'The user name or password is wrong.', user: name });
    }
    return await this.#finish(request, await this.#grant(details, user));
  }

  async #details(request: IncomingMessage): Promise<Details | undefined> {
    try {
      return await this.#provider.interactionDetails(request, new ServerResponse(request));
    } catch {
      return undefined;
    }
  }

  async #consentRequest({ params, uid }: Details): Promise<ConsentRequest> {
    const clientId = String(params['client_id']);
    const client = await this.#provider.Client.find(clientId);
    return {
      client: client?.clientName ?? clientId,
      scopes: String(params['scope'] ?? 'openid').split(' '),
      action: `${interactionPath}${uid}`,
      formTarget: sourceOf(String(params['redirect_uri'])),
    };
  }

  async #grant({ params }: Details, user: string): Promise<InteractionResults> {
    const grant = new this.#provider.Grant({
      accountId: user,
      clientId: String(params['client_id']),
    });
    grant.addOIDCScope(String(params['scope'] ?? 'openid'));
    return {
      login: { accountId: user, remember: false, amr: ['pwd'] },
      consent: { grantId: await grant.save() },
    };
  }

  async #finish(request: IncomingMessage, result: InteractionResults): Promise<Reply> {
    const response = new ServerResponse(request);
    const location = await this.#provider.interactionResult(request, response, result, {
      mergeWithLastSubmission: false,
    });
    return withHeaders(text('', 303), { location, 'cache-control': 'no-store' });
  }
}

/** The target of the redirect as a CSP source: browsers also apply `form-action` to redirects. */
function sourceOf(uri: string): string | undefined {
  if (!URL.canParse(uri)) return undefined;
  const { origin, protocol } = new URL(uri);
  return origin === 'null' ? protocol : origin;
}
