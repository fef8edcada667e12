import { describe, expect, test } from 'vitest';
import {
  type AnswerSource,
  isPage,
  speakerOf,
  unknownSession,
} from '../../src/transport/answer.js';
import { foreignError, isForeign } from '../../src/transport/foreign.js';

const url = 'https://h.example/skaha/v1/session/ab12cd34';

type Fixture = [
  what: string,
  whose: AnswerSource,
  status: number,
  headers: Readonly<Record<string, string>>,
  text: string,
];

const text = { 'content-type': 'text/plain' };
const html = { 'content-type': 'text/html; charset=utf-8' };
const json = { 'content-type': 'application/json' };
const signed = { ...text, 'x-vo-authenticated': 'ada' };
const page = (title: string) =>
  `<html>\r\n<head><title>${title}</title></head><body></body></html>`;

const fixtures: readonly Fixture[] = [
  ['a list', 'platform', 200, json, '[]'],
  ['an id', 'platform', 200, text, 'ab12cd34\n'],
  ['a deletion', 'platform', 200, {}, ''],
  ['a log that is a page', 'platform', 200, signed, '<html>made by a job</html>'],
  [
    'a log that is a page, read by name',
    'platform',
    200,
    { server: 'OpenCADC/cadc-rest' },
    '<html>',
  ],
  [
    'availability',
    'platform',
    200,
    { 'content-type': 'text/xml' },
    '<?xml version="1.0"?><vosi:a/>',
  ],
  ['a login page', 'between', 200, html, page('Sign in')],
  ['a login page without a type', 'between', 200, {}, '\n<!DOCTYPE html><html>'],
  ['a login page that says it is JSON', 'between', 200, json, page('Sign in')],
  [
    'XHTML',
    'between',
    200,
    { 'content-type': 'application/xhtml+xml' },
    '<?xml version="1.0"?><html/>',
  ],
  ['an empty page', 'between', 200, html, ''],
  ['a form of a portal', 'between', 200, text, '<form action="/login" method="post">'],
  ['a page that leads on', 'between', 200, {}, '<noscript>Turn scripts on</noscript>'],
  ['a page after comments', 'between', 200, text, '<!-- a - b --> <!----><html>'],
  ['comments without end', 'platform', 200, text, `<!--${'--><!--M>'.repeat(400)}a`],
  ['a part', 'platform', 206, text, 'line\n'],
  ['unknown session', 'platform', 404, text, 'session ab12cd34 not found\n'],
  ['no events yet', 'platform', 404, text, 'session ab12cd34 not found.\n'],
  ['unknown app', 'platform', 404, text, 'desktop app with session a and app ID b was not found\n'],
  ['a server before 1.0', 'platform', 404, text, 'ab12cd34\n'],
  ['new words, signed', 'platform', 404, signed, 'no such thing\n'],
  [
    'Tomcat',
    'container',
    404,
    html,
    '<!doctype html><html><title>HTTP Status 404 – Not Found</title>',
  ],
  ['Traefik, Go', 'between', 404, text, '404 page not found\n'],
  ['ingress-nginx', 'between', 404, { ...html, server: 'nginx' }, page('404 Not Found')],
  ['the default backend', 'between', 404, text, 'default backend - 404'],
  ['Envoy', 'between', 404, { server: 'envoy' }, ''],
  ['HAProxy', 'between', 404, html, '<html><body><h1>404 Not Found</h1>'],
  ['Kong', 'between', 404, json, '{"message":"no Route matched with those values"}'],
  ['a portal of logins', 'between', 404, text, 'Session not found'],
  [
    'a bucket',
    'between',
    404,
    { 'content-type': 'application/xml' },
    '<Error><Code>NoSuchKey</Code>',
  ],
  ['gone', 'between', 410, text, 'Gone'],
  ['platform: no image', 'platform', 400, text, "Missing parameter 'image'\n"],
  ['platform: new words', 'platform', 400, text, 'colour must be blue\n'],
  ['nginx: bad request', 'between', 400, html, page('400 Bad Request')],
  ['Go: bad request', 'between', 400, text, '400 Bad Request'],
  ['TLS expected', 'between', 400, text, 'Client sent an HTTP request to an HTTPS server.\n'],
  ['gateway: bad request', 'between', 400, json, '{"message":"Bad Request"}'],
  ['nothing at all', 'between', 400, {}, ''],
  ['XML: bad request', 'between', 400, {}, '<Error><Code>InvalidRequest</Code></Error>'],
  ['IIS', 'between', 400, { ...text, server: 'Microsoft-HTTPAPI/2.0' }, 'Invalid Hostname'],
  ['a filter', 'between', 400, { ...text, via: '1.1 filter' }, 'Blocked. Reference 7733'],
  ['new words through nginx', 'platform', 400, { ...signed, server: 'nginx' }, 'not today'],
  ['known words through nginx', 'platform', 400, { server: 'nginx' }, "Missing parameter 'image'"],
  ['platform: anonymous', 'platform', 401, text, 'Unauthorized\n'],
  [
    'platform: token',
    'platform',
    401,
    { ...text, 'www-authenticate': 'Bearer' },
    'Token has expired',
  ],
  ['Basic', 'between', 401, { ...text, 'www-authenticate': 'Basic realm="x"' }, 'Unauthorized'],
  ['Negotiate', 'between', 401, { 'www-authenticate': 'Negotiate' }, ''],
  ['nginx: login', 'between', 401, html, page('401 Authorization Required')],
  ['gateway: login', 'between', 401, json, '{"message":"Unauthorized"}'],
  ['no words', 'between', 401, { server: 'istio-envoy' }, ''],
  ['other words', 'between', 401, { ...text, server: 'Zscaler' }, 'Use your company account'],
  ['anonymous through nginx', 'platform', 401, { ...text, server: 'nginx' }, 'Unauthorized\n'],
  ['another scheme', 'between', 401, { 'www-authenticate': 'AWS4-HMAC-SHA256' }, 'Unauthorized'],
  ['Tomcat: who may come in', 'between', 403, html, page('HTTP Status 403 – Forbidden')],
  ['outsider', 'platform', 403, text, 'Not authorized to use the skaha system\n'],
  ['no account', 'platform', 403, text, 'No POSIX Principal\n'],
  ['malformed cookie', 'platform', 403, signed, 'delegated credentials not found\n'],
  ['a firewall', 'between', 403, { ...html, server: 'cloudflare' }, page('Attention Required!')],
  ['a firewall in words', 'between', 403, text, 'error code: 1020'],
  ['Envoy RBAC', 'between', 403, { ...text, server: 'envoy' }, 'RBAC: access denied'],
  ['a gateway', 'between', 403, json, '{"message":"Forbidden"}'],
  ['platform: method', 'platform', 405, text, 'unsupported: HTTP PUT\n'],
  ['nginx: method', 'between', 405, html, page('405 Not Allowed')],
  ['platform: ended', 'platform', 409, text, 'session ab12cd34 is not running: it has ended\n'],
  ['platform: no way in', 'platform', 409, text, 'No command can be run in session a: why\n'],
  ['a conflict of others', 'between', 409, text, 'Conflict'],
  [
    'platform: commands',
    'platform',
    429,
    text,
    'Too many commands are already running in sessions',
  ],
  ['a proxy', 'between', 407, { ...html, via: '1.1 squid' }, page('ERR_CACHE_ACCESS_DENIED')],
  ['slow request', 'between', 408, html, page('408 Request Time-out')],
  ['too early', 'between', 425, {}, ''],
  ['too many', 'between', 429, html, page('429 Too Many Requests')],
  ['platform: fault', 'platform', 500, text, 'unexpected exception: java.lang.X: y'],
  ['platform: fault without words', 'platform', 500, {}, ''],
  ['nginx: fault', 'between', 500, html, page('500 Internal Server Error')],
  ['a fault in XML', 'between', 500, {}, '<?xml version="1.0"?><soap:Fault/>'],
  ['a number', 'between', 500, text, 'error code: 500'],
  ['Envoy: fault', 'between', 500, { ...text, server: 'envoy' }, 'upstream connect error'],
  ['Tomcat: fault', 'container', 500, html, page('HTTP Status 500 – Internal Server Error')],
  ['Go: fault', 'between', 500, text, 'Internal Server Error'],
  ['platform: no metrics', 'platform', 503, text, 'temporarily unavailable: null\n'],
  ['HAProxy: none left', 'between', 503, html, '<html><body><h1>503 Service Unavailable</h1>'],
  ['Envoy: no backend', 'between', 503, text, 'no healthy upstream'],
  ['maintenance', 'between', 503, html, page('Back soon')],
  ...[502, 504, 511, 520, 521, 522, 523, 524, 525, 526, 530].map(
    (status): Fixture => [`HTTP ${status}`, 'between', status, html, page(String(status))],
  ),
  ...[0, 301, 302, 303, 307, 308].map(
    (status): Fixture => [`HTTP ${status}`, 'between', status, { location: 'https://sso/' }, ''],
  ),
];

const answerOf = (status: number, headers: Readonly<Record<string, string>>, body: string) => ({
  status,
  text: body,
  header: (name: string) => headers[name],
});

describe('whose an answer is', () => {
  test.each(fixtures)('%s: %s', (_what, whose, status, headers, body) => {
    expect(speakerOf(answerOf(status, headers, body), { url, accept: 'text/plain' })).toBe(whose);
  });

  test('a page is an answer where one was asked for', () => {
    const answer = answerOf(200, html, page('Science Platform'));
    expect(speakerOf(answer, { url, accept: 'text/html' })).toBe('platform');
  });

  test.each(fixtures.filter(([, whose, status]) => whose === 'between' && status === 404))(
    '%s does not mean that a session is gone',
    (_what, _whose, status, headers, body) => {
      expect(unknownSession(answerOf(status, headers, body), url)).toBeUndefined();
    },
  );
});

describe('what is said of an answer that is not the platform’s', () => {
  const told = (status: number, headers: Readonly<Record<string, string>>, body = '') =>
    foreignError(answerOf(status, headers, body), {
      url,
      root: 'https://h.example/skaha',
      secrets: ['hush-hush-token'],
      now: 0,
    });

  test.each([
    [200, 'response.invalid', true],
    [302, 'response.redirect', true],
    [308, 'response.redirect', false],
    [401, 'authentication.required', false],
    [403, 'request.rejected', true],
    [404, 'server.unavailable', true],
    [407, 'transport.failure', false],
    [408, 'transport.timeout', true],
    [413, 'request.rejected', false],
    [418, 'request.rejected', false],
    [425, 'server.unavailable', true],
    [429, 'server.unavailable', true],
    [500, 'server.error', true],
    [502, 'server.unavailable', true],
    [511, 'transport.failure', true],
    [522, 'server.unavailable', true],
    [524, 'server.unavailable', true],
  ] as const)('HTTP %i is %s', (status, code, retryable) => {
    const error = told(status, {});
    expect(error).toMatchObject({ code, retryable, status, hint: expect.any(String) });
    expect(isForeign(error)).toBe(true);
  });

  test('its headers are quoted, cleaned and bounded, and no secret of ours', () => {
    const via = `1.1 squid\u001b[31m${'x'.repeat(500)}`;
    const { message } = told(502, { server: 'nginx/1.25', via });
    expect(message).toContain(
      'something in front of the platform (server: nginx/1.25, via: 1.1 squid',
    );
    expect(message).not.toContain('\u001b');
    expect(message.length).toBeLessThan(400);
    expect(told(502, { server: 'hush-hush-token' }).message).not.toContain('hush');
  });

  test('its words are quoted, its pages are not', () => {
    expect(told(404, text, '404 page not found\nmore')).toMatchObject({
      serverMessage: '404 page not found',
    });
    expect(told(404, html, page('Secret'))).toMatchObject({ serverMessage: undefined });
    expect(told(404, text, 'hush-hush-token')).toMatchObject({ serverMessage: undefined });
  });

  test.each([
    [404, '404 page not found', false],
    [403, 'RBAC: access denied', false],
    [503, 'no healthy upstream', false],
    [
      503,
      'upstream connect error or disconnect/reset before headers. reset reason: connection termination',
      true,
    ],
    [521, '', false],
    [502, '', true],
    [524, '', true],
    [200, '<html>', true],
  ])('after HTTP %i %j a launch may have taken place: %s', (status, body, mayHaveReached) => {
    expect(told(status, text, body).cause).toMatchObject({ mayHaveReached });
  });
});

// With time that doubles with each comment this would not end.
test('comments before what is no page take no time that grows faster than they do', () => {
  const header = () => undefined;
  expect(isPage({ header, text: `${'<!---->\t'.repeat(500)}N` })).toBe(false);
  expect(
    isPage({ header, text: `<?xml version="1.0"?> ${'<!-- a -->\n'.repeat(300)}<html>` }),
  ).toBe(true);
});
