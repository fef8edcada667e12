/**
 * Oddities of the real server that this platform avoids unless it is strict, with what a strict
 * platform does. `docs/local-platform.md` has the same list.
 */
export const oddities = {
  'anonymous-400':
    'a request without credentials is refused with 400 `cannot get group memberships for anonymous`',
  'credential-echo': 'the refusal of a faulty token or cookie repeats its value',
  'hidden-refusal': 'a session that the cluster refuses is answered with 500 and no reason',
  'queued-events': 'the events of a session that is waiting for room are 404',
  'desktop-events': 'the events of a desktop with apps are `<none>`',
  'whole-logs': 'a log is sent in full, whatever part of it is requested',
  'limit-as-text': '`maxInteractiveSessions` is text',
  'always-v0': 'the capabilities list the API `v0`, whether or not it is offered',
  'patch-501': '`PATCH` is answered with a page and 501',
  'container-methods':
    '`OPTIONS` lists every method that the container knows, and `TRACE` is answered with a page',
  'open-callback':
    'the token of a desktop is accepted for every call, and that of a desktop that is gone is answered with 500',
  'open-pages': 'anyone who knows the id of a session can open its page: no login is needed',
} as const satisfies Readonly<Record<string, string>>;

/** The name of an oddity. */
export type Oddity = keyof typeof oddities;

/** The names of all oddities. */
export const oddityNames = Object.keys(oddities) as Oddity[];
