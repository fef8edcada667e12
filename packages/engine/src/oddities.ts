/**
 * Oddities of the real server that this platform does better unless it is told to be strict, with
 * what a strict platform does. `docs/local-platform.md` has the same list.
 */
export const oddities = {
  'anonymous-400':
    'a request without credentials is refused with 400 `cannot get group memberships for anonymous`',
  'credential-echo': 'the refusal of a faulty token or cookie repeats it',
  'hidden-refusal': 'a session that the cluster refuses is answered with 500 and no reason',
  'queued-events': 'the events of a session that waits for room are 404',
  'desktop-events': 'the events of a desktop with apps are `<none>`',
  'whole-logs': 'a log is sent whole, whatever part of it is asked for',
  'limit-as-text': '`maxInteractiveSessions` is text',
  'always-v0': 'the capabilities name the API `v0`, offered or not',
  'patch-501': '`PATCH` is answered with a page and 501',
  'container-methods':
    '`OPTIONS` names every method that the container knows, and `TRACE` is answered with a page',
  'open-callback':
    'the token of a desktop opens every call, and one of a desktop that is gone is answered with 500',
  'open-pages': "who knows a session's id opens its page: no login is needed",
} as const satisfies Readonly<Record<string, string>>;

/** Name of an oddity. */
export type Oddity = keyof typeof oddities;

/** All of them. */
export const oddityNames = Object.keys(oddities) as Oddity[];
