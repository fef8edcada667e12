import { expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import type { ServiceRequest } from '../../src/client/service-request.js';
import { coreFor, type Reply, rejection, testServer } from '../fixtures.js';

const timeoutMs = 300;

const put = (url: string, body: ServiceRequest['body']): ServiceRequest => ({
  method: 'PUT',
  url: `${url}/arc/files/x`,
  service: `${url}/arc`,
  accept: '*/*',
  body,
  retry: 'never',
  timeoutMs,
});

test('a source takes the time it needs, and the service does not', async () => {
  const clock = new ManualClock();
  await using server = await testServer(({ body }) => {
    if (body !== 'silent') return { body };
    void clock.advance(timeoutMs);
    return new Promise<Reply>(() => undefined);
  });
  const { url } = server;
  const core = coreFor(url, { clock });
  const bytes = (text: string) => new TextEncoder().encode(text);
  async function* slow(): AsyncGenerator<Uint8Array, void> {
    yield bytes('one ');
    await clock.advance(3 * timeoutMs);
    yield bytes('two');
  }
  expect((await core.request(put(url, slow))).text()).toBe('one two');
  async function* silent(): AsyncGenerator<Uint8Array, void> {
    yield bytes('silent');
  }
  const error = await rejection(core.request(put(url, silent)));
  expect(error).toMatchObject({ code: 'transport.timeout', retryable: true });
});

test('what is no answer of the Skaha API may be one of another service', async () => {
  await using server = await testServer(({ path }) =>
    path.includes('moved')
      ? { status: 303, headers: { location: '/elsewhere' } }
      : {
          status: 418,
          headers: { 'content-type': 'text/html' },
          body: '<html><body>teapot</body></html>',
        },
  );
  const { url } = server;
  const core = coreFor(url);
  const get = (path: string, more: Partial<ServiceRequest> = {}): ServiceRequest => ({
    method: 'GET',
    url: `${url}/arc/${path}`,
    service: `${url}/arc`,
    retry: 'never',
    ...more,
  });
  expect(await core.request(get('moved', { accepts: [303] }))).toMatchObject({ status: 303 });
  expect(await rejection(core.request(get('moved')))).toMatchObject({ code: 'response.redirect' });
  const refused = await rejection(core.request(get('tea')));
  expect(refused).toMatchObject({ code: 'request.rejected', status: 418 });
  expect(String(refused)).not.toContain('in front of the platform');
});
