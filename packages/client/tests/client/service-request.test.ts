import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ServiceRequest } from '../../src/client/service-request.js';
import { coreFor, type Reply, rejection, testServer } from '../fixtures.js';

const word = new TextEncoder().encode('word');

async function* slowly(): AsyncGenerator<Uint8Array, void> {
  yield word;
  await pause(700);
  yield word;
}

const put = (url: string, body: ServiceRequest['body']): ServiceRequest => ({
  method: 'PUT',
  url: `${url}/arc/files/x`,
  service: `${url}/arc`,
  accept: '*/*',
  body,
  retry: 'never',
  timeoutMs: 300,
});

test('a source takes the time it needs, and the service does not', async () => {
  await using server = await testServer(({ body }) =>
    body === 'silent' ? new Promise<Reply>(() => undefined) : { body },
  );
  const { url } = server;
  const core = coreFor(url);
  expect((await core.request(put(url, slowly))).text()).toBe('wordword');
  async function* silent(): AsyncGenerator<Uint8Array, void> {
    yield new TextEncoder().encode('silent');
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
