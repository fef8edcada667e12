import { expect, test } from 'vitest';
import type { Credential } from '../../src/runtime/types.js';
import { coreFor, type Received, type Reply, rejection, testServer } from '../fixtures.js';

/** A login whose first token no server takes any more. */
function login(renew?: (rejected: string) => Promise<string>) {
  let token = 'old';
  const asked: string[] = [];
  const credential: Credential = {
    mode: 'token',
    runtime: false,
    read: async () => token,
    renew: async (rejected) => {
      asked.push(rejected);
      token = renew === undefined ? 'new' : await renew(rejected);
      return token;
    },
  };
  return { credential, asked };
}

const onlyNew =
  (challenge?: string) =>
  ({ headers }: Received): Reply =>
    headers.authorization === 'Bearer new'
      ? { body: '[]' }
      : { status: 401, headers: challenge === undefined ? {} : { 'www-authenticate': challenge } };

test('a request that changes nothing is repeated once with a renewed token', async () => {
  await using server = await testServer(onlyNew());
  const { credential, asked } = login();
  const core = coreFor(server.url, { retries: 0 }, { credential });
  expect((await core.request({ method: 'GET', path: ['session'] })).json()).toEqual([]);
  expect(asked).toEqual(['old']);
  expect(server.received.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer old',
    'Bearer new',
  ]);
  await core.close();
});

test('a request that changes something is repeated only when the token was the reason', async () => {
  await using server = await testServer(onlyNew());
  const { credential, asked } = login();
  const core = coreFor(server.url, {}, { credential });
  const create = { method: 'POST', path: ['session'], form: [['name', 'x']] } as const;
  expect(await rejection(core.request(create))).toMatchObject({
    code: 'authentication.credential_invalid',
  });
  expect(asked).toEqual([]);
  await core.close();

  await using honest = await testServer(onlyNew('Bearer error="invalid_token"'));
  const second = coreFor(honest.url, {}, { credential });
  await second.request(create);
  expect(honest.received.map(({ body }) => body)).toEqual(['name=x', 'name=x']);
  await second.close();
});

test('a renewed token that is refused too ends the call', async () => {
  await using server = await testServer(() => ({ status: 401 }));
  const { credential, asked } = login();
  const core = coreFor(server.url, {}, { credential });
  expect(await rejection(core.request({ method: 'GET', path: ['session'] }))).toMatchObject({
    code: 'authentication.credential_invalid',
  });
  expect([asked.length, server.received.length]).toEqual([1, 2]);
  await core.close();
});

test('a login that cannot be renewed ends the call with its own reason', async () => {
  await using server = await testServer(() => ({ status: 401 }));
  const { credential } = login(() => Promise.reject(new Error('The login has ended.')));
  const core = coreFor(server.url, {}, { credential });
  expect(await rejection(core.request({ method: 'GET', path: ['session'] }))).toMatchObject({
    message: 'The login has ended.',
  });
  await core.close();
});

test('a token without a way to renew it, and an anonymous request, are left alone', async () => {
  await using server = await testServer(() => ({ status: 401 }));
  const plain = coreFor(server.url);
  await rejection(plain.request({ method: 'GET', path: ['session'] }));
  const { credential, asked } = login();
  const core = coreFor(server.url, {}, { credential });
  await rejection(core.request({ method: 'GET', path: ['session'], anonymous: true }));
  expect([asked.length, server.received.length]).toEqual([0, 2]);
  await Promise.all([plain.close(), core.close()]);
});
