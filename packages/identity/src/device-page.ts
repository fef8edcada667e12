import type { IncomingMessage } from 'node:http';
import type { Clock } from '@skaha/base/clock.js';
import { resultPage } from '@skaha/service/page.js';
import { methodNotAllowed, type Reply, withHeaders } from '@skaha/service/reply.js';
import type { Accounts } from './accounts.js';
import { AttemptLimit, senderOf } from './attempt-limit.js';
import { readForm } from './body.js';
import { type ConsentRequest, consentPage, tooManyTries, userCodePage } from './consent-form.js';
import type { DeviceApproval, PendingDevice } from './device-approval.js';

/** How many wrong user codes a minute are checked (RFC 8628, 5.1). */
const wrongCodesAMinute = 10;
const minute = 60_000;

/**
 * The page on which a user approves a device login. It asks for the password every time and sets no
 * cookie, so that no other page of this origin can approve a login in the user's name.
 */
export class DevicePage {
  readonly #approval: DeviceApproval;
  readonly #accounts: Accounts;
  readonly #limit: AttemptLimit;

  constructor(approval: DeviceApproval, accounts: Accounts, clock: Clock) {
    this.#approval = approval;
    this.#accounts = accounts;
    this.#limit = new AttemptLimit(
      { free: wrongCodesAMinute, firstMs: minute, longestMs: minute, forgetMs: minute },
      clock,
    );
  }

  async answer(request: IncomingMessage, query: string): Promise<Reply> {
    const { method = 'GET' } = request;
    const sender = senderOf(request);
    if (method === 'GET' || method === 'HEAD') {
      const userCode = new URLSearchParams(query).get('user_code') ?? '';
      return userCode === '' ? userCodePage() : await this.#ask(userCode, sender);
    }
    if (method !== 'POST') return methodNotAllowed(method, ['GET', 'HEAD', 'POST']);
    return await this.#decide(await readForm(request), sender);
  }

  async #ask(userCode: string, sender: string): Promise<Reply> {
    const found = await this.#find(userCode, sender);
    return 'status' in found ? found : consentPage(consentRequest(found));
  }

  async #decide(form: URLSearchParams, sender: string): Promise<Reply> {
    const found = await this.#find(form.get('user_code') ?? '', sender);
    if ('status' in found) return found;
    const action = form.get('action');
    if (action === 'refuse') return await this.#refuse(found);
    if (action !== 'approve') return consentPage(consentRequest(found));
    const name = form.get('username')?.trim() ?? '';
    const proof = await this.#accounts.check(name, form.get('password') ?? '', sender);
    if (proof.retrySeconds !== undefined) {
      return tooManyTries(consentRequest(found), name, proof.retrySeconds);
    }
    const { user } = proof;
    if (user === undefined) {
      const message = 'The user name or password is wrong.';
      return consentPage(consentRequest(found), { message, user: name });
    }
    const done = await this.#approval.approve(found.userCode, user);
    return done ? approved(user) : unknownCode();
  }

  async #refuse({ userCode }: PendingDevice): Promise<Reply> {
    const done = await this.#approval.refuse(userCode);
    return done
      ? resultPage(
          'refused',
          'Login refused',
          'The program was refused access. You can close this page.',
        )
      : unknownCode();
  }

  async #find(userCode: string, sender: string): Promise<PendingDevice | Reply> {
    const waitMs = this.#limit.waitMs(sender);
    if (waitMs > 0) {
      const message = 'Too many wrong codes. Wait a minute, then try again.';
      const page = userCodePage({ message, status: 429 });
      return withHeaders(page, { 'retry-after': String(Math.ceil(waitMs / 1000)) });
    }
    const found = await this.#approval.find(userCode);
    if (found !== undefined) return found;
    this.#limit.fail(sender);
    return unknownCode();
  }
}

const consentRequest = ({ userCode, client, scopes }: PendingDevice): ConsentRequest => ({
  userCode,
  client,
  scopes,
  action: '/device',
});

const approved = (user: string): Reply =>
  resultPage(
    'done',
    'You are logged in',
    `The program continues as ${user}. You can close this page.`,
  );

const unknownCode = (): Reply =>
  userCodePage({
    message: 'This code is unknown, has already been used, or has expired.',
    status: 404,
  });
