import { readRetryAfter } from '@skaha/base/retry-after.js';
import { isSkahaError, SkahaError } from 'skaha';
import { describe, expect, test } from 'vitest';
import { abortError, connectionError } from '../../src/client/failures.js';
import { mayRetry, retryPause } from '../../src/client/retry.js';
import { TransportFailure } from '../../src/transport/types.js';

const url = 'https://h.example:8443/skaha/v1/session?token=secret';
const failure = (reason: string, hasCertificate = false) =>
  connectionError(new TransportFailure(reason, false), url, hasCertificate);

describe('why no reply came, in words', () => {
  test.each([
    ['ECONNREFUSED', 'transport.failure', 'Nothing answers at h.example:8443.', true],
    ['ENOTFOUND', 'transport.failure', 'The host h.example is not known.', false],
    ['EAI_AGAIN', 'transport.failure', 'The host h.example cannot be looked up.', true],
    ['ENETUNREACH', 'transport.failure', 'h.example:8443 cannot be reached.', true],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'transport.failure', /not signed by an authority/, false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'transport.failure', /for another host/, false],
    ['CERT_HAS_EXPIRED', 'transport.failure', /is not valid yet, or has expired/, false],
    ['ECONNRESET', 'transport.failure', /broke \(ECONNRESET\)/, true],
    ['CERTIFICATE_UNUSABLE', 'authentication.credential_invalid', /cannot be used/, false],
    ['CERTIFICATE_REFUSED', 'authentication.required', /demands a client certificate/, false],
    ['CLOSED', 'client.closed', /closed/, false],
  ] as const)('%s', (reason, code, message, retryable) => {
    const error = failure(reason);
    expect(error).toMatchObject({ code, retryable, hint: expect.any(String) });
    if (typeof message === 'string') expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
    expect(error.message).not.toContain('secret');
  });

  test('a certificate that was refused is not one that is missing', () => {
    expect(failure('CERTIFICATE_REFUSED', true)).toMatchObject({
      code: 'authentication.credential_invalid',
      message: 'h.example:8443 refused the client certificate.',
    });
  });
});

test("a signal's reason is kept, and an error of ours passes unchanged", () => {
  const own = new SkahaError('command.cancelled', 'Cancelled.');
  expect(abortError(own)).toBe(own);
  const reason = { why: 'because' };
  expect(abortError(reason).cause).toBe(reason);
  expect(isSkahaError(abortError(reason), 'request.aborted')).toBe(true);
});

describe('sending again', () => {
  const now = Date.parse('2026-08-06T12:00:00Z');

  test('pauses double, with jitter, and end at half a minute', () => {
    expect([1, 2, 3].map((attempt) => retryPause(attempt, undefined, 1))).toEqual([200, 400, 800]);
    expect(retryPause(1, undefined, 0)).toBe(100);
    expect(retryPause(30, undefined, 1)).toBe(30_000);
  });

  test.each([
    ['5', 5_000],
    ['Thu, 06 Aug 2026 12:00:10 GMT', 10_000],
    ['Thu, 06 Aug 2026 11:00:00 GMT', 0],
    ['99999', 99_999_000],
    ['7.5', 7_500],
    ['99999999999999999999', 100_000_000_000],
    ['-5', 100],
    ['soon', 100],
  ])('Retry-After: %s', (text, pause) => {
    expect(retryPause(1, readRetryAfter(text, now), 0)).toBe(pause);
  });

  test('never means never', () => {
    const request = { method: 'GET', path: ['x'], retry: 'never' } as const;
    expect(mayRetry(request, { error: failure('ECONNREFUSED') })).toBe(false);
  });
});
