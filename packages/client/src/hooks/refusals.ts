import { launchableKinds } from '@skaha/wire/kinds.js';
import { type ErrorCode, SkahaError, type SkahaErrorOptions } from '../errors/index.js';

interface Refusal {
  pattern: RegExp;
  code?: ErrorCode;
  message: (text: string) => string;
  hint: string;
}

const onlyRunning =
  "A command can only be run in a session that is running: see 'skaha info'. What a session wrote is in 'skaha logs', also after its end.";

const internal = 'This is a bug in this program; please report it.';

/** What a server refuses, recognised by its words (Skaha API, errors a client meets). */
const refusals: readonly Refusal[] = [
  {
    pattern: /reached the maximum of \d+ active sessions/,
    code: 'quota.exceeded',
    message: (text) =>
      `You have ${/maximum of (\d+)/.exec(text)?.[1]} active sessions, as many as the platform allows.`,
    hint: 'Delete one of them, then try again.',
  },
  {
    pattern: /exceeded quota/i,
    code: 'quota.exceeded',
    message: () => 'Your share of the platform is used up.',
    hint: 'Wait until some of your sessions end, or delete some.',
  },
  {
    pattern: /must come from one of/,
    message: (text) => `The platform does not run images of this registry: ${text}`,
    hint: 'Use an image from one of the registries it names.',
  },
  {
    pattern: /No authentication provided for unknown or private image/,
    message: () => 'The platform does not know this image, or it is private.',
    hint: 'Check its name and tag against the list of images; for a private image, set up its registry.',
  },
  {
    pattern: /username:secret|username is required|secret value cannot be empty|Base64/,
    message: () => 'The platform cannot read the registry credentials.',
    hint: 'Check the user name and secret for the registry; the secret must not contain a colon.',
  },
  {
    pattern: /image is required|Missing parameter 'image'/,
    message: () => 'The platform received no image.',
    hint: 'Give an image, for example skaha/terminal:1.1.2.',
  },
  {
    pattern: /Invalid session type|unknown type/,
    message: (text) => `The platform does not know this kind of session: ${text}`,
    hint: `Use ${launchableKinds.slice(0, -1).join(', ')} or ${launchableKinds.at(-1)}.`,
  },
  {
    pattern: /Invalid value for '(?:cores|gpus|ram)'/,
    message: (text) => `The platform does not offer this amount: ${text}`,
    hint: "See which amounts it offers with 'skaha limits'.",
  },
  {
    pattern: /name can only contain|Missing parameter 'name'|label value/,
    message: (text) => `The platform does not accept this name: ${text}`,
    hint: 'Use at most 63 letters, digits and hyphens; it cannot begin or end with a hyphen.',
  },
  {
    pattern: /Illegal group reference|No group with name|character to be escaped/,
    message: () => 'The platform cannot pass on a character of the command or its variables.',
    hint: 'Put the command in a script and run that.',
  },
  {
    pattern: /No active job for user/,
    code: 'session.not_ready',
    message: () => 'The session is not running.',
    hint: 'Only a running session can be renewed.',
  },
  {
    pattern: /^session \S+ is not running\b/,
    code: 'session.not_ready',
    message: (text) => `The ${text}.`,
    hint: onlyRunning,
  },
  {
    pattern: /^No command can be run in session .*\bis not running\b/,
    code: 'session.not_ready',
    message: (text) => `${text}.`,
    hint: onlyRunning,
  },
  {
    pattern: /^No command can be run in session /,
    message: (text) => `${text}.`,
    hint: "The owner of the platform can see with 'skaha platform status' and 'skaha doctor' what is missing.",
  },
  {
    pattern:
      /unrecognized action|Cannot modify an existing|Invalid request|Missing app ID|Cannot kill all|unsupported: HTTP/,
    message: (text) => `The platform did not understand the request: ${text}`,
    hint: internal,
  },
];

/**
 * The error for a request the server turned down.
 *
 * @param text - first line of what it said; may be empty
 * @param facts - status, text and id, kept in the error
 */
export function refusal(text: string, facts: SkahaErrorOptions): SkahaError {
  const known = refusals.find(({ pattern }) => pattern.test(text));
  if (known === undefined) {
    const said = text === '' ? '.' : `: ${text}`;
    return new SkahaError(
      'request.rejected',
      `The platform refused (HTTP ${facts.status})${said}`,
      {
        ...facts,
        hint: "Check the request; if it looks right, ask the platform's support.",
      },
    );
  }
  return new SkahaError(known.code ?? 'request.rejected', known.message(text), {
    ...facts,
    hint: known.hint,
  });
}
