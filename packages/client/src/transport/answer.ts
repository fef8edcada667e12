import { sessionCommandsPath } from '@skaha/wire/session-commands.js';

/** A reply, as far as it is needed to find out who sent it. */
export interface Answer {
  status: number;
  /** Value of a header, by its name in lower case. */
  header(name: string): string | undefined;
  /** The beginning of the body. */
  text: string;
}

/** What was asked. */
export interface Question {
  /** The whole address. */
  url: string;
  /** Media types that were asked for; a page is an answer only where one was. */
  accept?: string | undefined;
}

/**
 * Who gave an answer: the platform; the container that it runs in, which knows no such address
 * (or not yet, while it starts); or something in front of both, such as a gateway, a firewall, a
 * proxy, a login page or the portal of a network.
 */
export type AnswerSource = 'between' | 'container' | 'platform';

/** How much of a body is looked at, in bytes. */
export const lookedAtBytes = 4096;

const pageStart =
  /^<(?:!doctype\s+html|html|head|body|title|meta|script|noscript|style|link|base|center|h[1-6]|div|form|frameset|iframe|table|font|p)\b/i;

/** Whether a text begins like a page, after what says nothing: a declaration, comments. */
function beginsPage(text: string): boolean {
  let rest = text.replace(/^\uFEFF/, '').trimStart();
  for (;;) {
    const end = rest.startsWith('<!--')
      ? rest.indexOf('-->', 4)
      : /^<\?xml/i.test(rest)
        ? rest.indexOf('>')
        : -1;
    if (end < 0) return pageStart.test(rest);
    rest = rest.slice(rest.indexOf('>', end) + 1).trimStart();
  }
}

/**
 * Tests whether an answer is a page for a browser: its type says so, or it begins like one.
 *
 * @param answer - with the beginning of its body
 */
export function isPage({ header, text }: Pick<Answer, 'header' | 'text'>): boolean {
  if (/^\s*(?:text\/html|application\/xhtml)/i.test(header('content-type') ?? '')) return true;
  return beginsPage(text);
}

/** What no gateway says about itself: the name of the software, or who the user is. */
const isSigned = ({ header }: Answer): boolean =>
  /\bcadc-(?:rest|vosi)\b/i.test(header('server') ?? '') ||
  header('x-vo-authenticated') !== undefined;

/** The error page of Tomcat, in which the platform runs; who may come in it leaves to others. */
const isContainerPage = ({ status, text }: Answer): boolean =>
  ![401, 403, 407].includes(status) &&
  text.includes(`HTTP Status ${status} `) &&
  isPage({ header: () => undefined, text });

/** Whether the headers name somebody else than the platform and what it runs in. */
const isSignedByOther = ({ header }: Answer): boolean =>
  header('via') !== undefined ||
  !/^\s*(?:apache[- ](?:coyote|tomcat)|$)/i.test(header('server') ?? '');

/** Sentences that the platform itself says with these statuses (Skaha API, errors a client meets). */
const ownWords: Readonly<Record<number, RegExp>> = {
  400: /^(?:Missing (?:parameter|app ID)|image is required|session image |Invalid (?:session type|value for|input|request)\b|name can only|canfar\.net\/|User .* has reached|No authentication provided|Illegal group|No group with|character to be escaped|unrecognized action|Cannot (?:modify|kill)|No active job|unknown type|image\/type mismatch|cannot get group memberships|null$)/,
  401: /^(?:Unauthorized$|Token |Invalid JWT|Cannot validate token|Multiple authorization|unhandled auth:|BUG: invalid auth|missing |invalid |expired$|cannot verify|failed to decode)/,
  403: /^(?:Not authorized to |Subject is not authorized|No POSIX Principal|POSIX Principal is incomplete|(?:invalid )?delegated credentials\b|Invalid auth token|forbidden$|permission denied:)/,
  405: /^unsupported: HTTP /,
  409: /^(?:session \S+ is not running\b|No command can be run in session )/,
  429: /^Too many commands are already running in sessions\b/,
  500: /^unexpected exception:/,
  503: /^temporarily unavailable: /,
};

/** What software says that has nothing to say: the status in words, with or without its number. */
const bareStatus =
  /^(?:(?:HTTP\s*)?(?:error:?\s*)?(?:(?:status\s+)?code:?\s*)?\d{3}\b[\s:\u2013-]*)?(?:|bad request|unauthorized|forbidden|access denied|not found|page not found|method not allowed|not acceptable|request timeout|conflict|gone|length required|payload too large|request entity too large|uri too long|too many requests|internal server error|internal error|bad gateway|service unavailable|gateway time-?out|client sent an http request to an https server)\.?$/i;

/** JSON or XML, in which the platform reports no failure. */
const isDocument = (text: string): boolean => /^\s*[{[<]/.test(text);

/**
 * The session, or app, that the platform says it does not know; undefined when these are not its
 * words about something that was asked for. Only these words mean that a session is gone.
 *
 * @param answer - with status 404
 * @param url - that was asked
 */
export function unknownSession({ status, text }: Answer, url: string): string | undefined {
  if (status !== 404) return undefined;
  const said = text.trim();
  const segments = new URL(url).pathname.split('/').map((segment) => safelyDecoded(segment));
  const app = /^desktop app with session (\S+) and app ID (\S+) was not found\.?$/.exec(said);
  if (app !== null) return app[2];
  const id = /^session (\S+) not found\.?$/.exec(said)?.[1];
  const isAbout = segments.includes('session') || segments.includes(sessionCommandsPath);
  if (id !== undefined && isAbout) return id;
  // Servers before 1.0 answer the deletion of an unknown session with its bare id.
  const after = segments.slice(segments.lastIndexOf('session') + 1);
  return segments.includes('session') && after.includes(said) && said !== '' ? said : undefined;
}

function safelyDecoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/**
 * Decides whose an answer is. Everything that reads answers of a platform asks this first.
 *
 * @param answer - status, headers and the beginning of the body
 * @param question - what it answers
 */
export function speakerOf(answer: Answer, { url, accept = '' }: Question): AnswerSource {
  const { status, text } = answer;
  if (status >= 200 && status < 300) {
    const wantsPage = /\btext\/(?:html|\*)|\*\/\*\s*$/.test(accept);
    return isSigned(answer) || wantsPage || !isPage(answer) ? 'platform' : 'between';
  }
  if (unknownSession(answer, url) !== undefined) return 'platform';
  if (isSigned(answer) && !isNeverSent(status)) return 'platform';
  if (isContainerPage(answer)) return 'container';
  if (isNeverSent(status) || isPage(answer)) return 'between';
  const said = text.trim();
  if (status === 401) return isLoginOfOthers(answer) ? 'between' : 'platform';
  if (ownWords[status]?.test(said)) return 'platform';
  // A newer platform may refuse in new words, but always in words (Skaha API, bodies).
  if (status !== 400 && status !== 500) return 'between';
  if (isDocument(said) || isSignedByOther(answer)) return 'between';
  if (said !== '' && bareStatus.test(said)) return 'between';
  return status === 500 || said !== '' ? 'platform' : 'between';
}

/** The platform answers itself, redirects nobody and has no such trouble (Skaha API, bodies). */
const isNeverSent = (status: number): boolean =>
  status < 200 ||
  (status >= 300 && status < 400) ||
  [407, 408, 425, 502, 504].includes(status) ||
  status > 505;

/** A login that no platform has; what it asks for itself are tokens, cookies and certificates. */
function isLoginOfOthers(answer: Answer): boolean {
  if (isDocument(answer.text)) return true;
  const challenge = answer.header('www-authenticate') ?? '';
  if (/\b(?:bearer|ivoa_\w+)\b/i.test(challenge)) return false;
  return (
    challenge !== '' ||
    (isSignedByOther(answer) && ownWords[401]?.test(answer.text.trim()) !== true)
  );
}
