import { describe, expect, test } from 'vitest';
import { expiryHook } from '../../src/hooks/auth.js';
import type { OutgoingRequest } from '../../src/hooks/types.js';
import { JumpingClock, rejection } from '../fixtures.js';

const clock = new JumpingClock();
const request = (from: number, until: number, anonymous = false): OutgoingRequest => ({
  method: 'GET',
  url: 'https://h.example/',
  headers: {},
  anonymous,
  attempt: 1,
  call: 'x-1',
  connection: {
    root: 'https://h.example',
    version: 'v1',
    registries: {},
    credential: {
      mode: 'x509',
      runtime: false,
      path: 'cert.pem',
      read: async () => ({
        pem: '',
        notBefore: new Date(clock.now() + from),
        notAfter: new Date(clock.now() + until),
      }),
    },
  },
});
const check = async (outgoing: OutgoingRequest) => expiryHook(clock).request?.(outgoing);

describe('the dates of a certificate', () => {
  test('are checked before each request; the last moment is too late, the first is not', async () => {
    await check(request(0, 1));
    expect(await rejection(check(request(-10, 0)))).toMatchObject({
      code: 'authentication.expired',
      message: expect.stringContaining('cert.pem expired on 2026-08-06T12:00:00.000Z'),
    });
    expect(await rejection(check(request(1, 10)))).toMatchObject({
      code: 'authentication.credential_invalid',
      hint: expect.stringContaining('date and time'),
    });
  });

  test('do not matter to requests without it', async () => {
    await check(request(-10, -5, true));
  });
});
