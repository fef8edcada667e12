import { alert, escapeHtml, page } from '@skaha/service/page.js';
import { type Reply, withHeaders } from '@skaha/service/reply.js';

/** A request for access, which the user is asked to approve. */
export interface ConsentRequest {
  /** The name that the program claims to have. */
  readonly client: string;
  readonly scopes: readonly string[];
  /** The target of the form. */
  readonly action: string;
  /** The code that the program shows, if any. */
  readonly userCode?: string | undefined;
  readonly formTarget?: string | undefined;
}

const meanings: Readonly<Record<string, string>> = {
  openid: 'know who you are',
  profile: 'read your name',
  email: 'read your e-mail address',
  offline_access: 'stay logged in until you log out',
};

/** A page that asks for name and password, and for approval or refusal. */
export function consentPage(
  request: ConsentRequest,
  trouble?: { readonly message: string; readonly user: string; readonly status?: number },
): Reply {
  const { client, scopes, action, userCode, formTarget } = request;
  const abilities = [
    'use this platform as you',
    ...scopes.flatMap((scope) => meanings[scope] ?? []),
  ];
  const code =
    userCode === undefined
      ? ''
      : `<p class="dim">Continue only if the program shows you this code:</p>
<strong class="code">${escapeHtml(userCode)}</strong>
`;
  const hidden =
    userCode === undefined
      ? ''
      : `<input type="hidden" name="user_code" value="${escapeHtml(userCode)}">\n`;
  return page({
    title: 'Approve a login',
    status: trouble?.status ?? (trouble === undefined ? 200 : 401),
    formTarget,
    content: `<h1>Approve this login?</h1>
${alert(trouble?.message)}<p><span class="client">${escapeHtml(shortened(client))}</span> asks to</p>
<ul>
${abilities.map((text) => `<li>${escapeHtml(text)}</li>`).join('\n')}
</ul>
${code}<form method="post" action="${escapeHtml(action)}">
${hidden}<label for="username">User name</label>
<input id="username" name="username" autocomplete="username" autocapitalize="none" spellcheck="false" required value="${escapeHtml(trouble?.user ?? '')}">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<div class="actions">
<button name="action" value="approve">Approve</button>
<button name="action" value="refuse" class="second" formnovalidate>Refuse</button>
</div>
</form>`,
  });
}

/** The page after too many wrong passwords. */
export const tooManyTries = (request: ConsentRequest, user: string, retrySeconds: number): Reply =>
  withHeaders(
    consentPage(request, {
      message: `Too many wrong passwords. Try again in ${retrySeconds} s.`,
      user,
      status: 429,
    }),
    { 'retry-after': String(retrySeconds) },
  );

/** A page that asks for the code that a program shows. */
export function userCodePage(trouble?: {
  readonly message: string;
  readonly status: number;
}): Reply {
  return page({
    title: 'Enter the code',
    status: trouble?.status ?? 200,
    content: `<h1>Enter the code</h1>
${alert(trouble?.message)}<p class="dim">The program from which you are logging in shows a code of eight letters.</p>
<form method="get" action="/device">
<label for="user_code">Code</label>
<input id="user_code" name="user_code" class="user-code" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="12" placeholder="BCDF-GHJK" required>
<div class="actions"><button>Continue</button></div>
</form>`,
  });
}

const shortened = (text: string): string => (text.length > 120 ? `${text.slice(0, 119)}…` : text);
