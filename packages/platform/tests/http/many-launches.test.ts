import { expect, test } from 'vitest';
import {
  type Answer,
  roomy,
  send,
  temporaryDirectory,
  terminal,
  testPlatform,
  untilStatus,
} from '../fixtures.js';

type Running = Awaited<ReturnType<typeof testPlatform>>;
type Outcome = { id?: string; status?: number; text?: string };

const order = (key: string, fields: Readonly<Record<string, string>> = {}) => ({
  key,
  form: Object.entries({ name: 'one', image: terminal, cmd: 'true', ...fields }),
});

const post = (
  platform: Running,
  body: unknown,
  { type = 'application/json', token }: { type?: string; token?: string | undefined } = {},
): Promise<Answer> =>
  send(platform, 'POST', '/skaha/v1/launches', {
    ...(token === undefined ? {} : { token }),
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const outcomes = async (
  ...[platform, body, how]: Parameters<typeof post>
): Promise<readonly Outcome[]> => JSON.parse((await post(platform, body, how)).body);

const namesOf = async (platform: Running): Promise<string[]> =>
  JSON.parse((await send(platform, 'GET', '/skaha/v1/session')).body)
    .map(({ name }: { name: string }) => name)
    .sort();

test('each launch of a request has its own outcome, and those that were told of outlive the platform', async () => {
  const data = temporaryDirectory();
  let platform = await testPlatform({ data });
  expect((await send(platform, 'GET', '/skaha/v1/session')).headers['accept-launches']).toBe('100');
  const [first, second, third, ...more] = await outcomes(platform, [
    order('launch-of-ada-1', { name: 'one' }),
    order('launch-of-ada-2', { name: 'not a name' }),
    order('launch-of-ada-3', { name: 'three', cmd: 'false' }),
  ]);
  expect(more).toEqual([]);
  expect(second).toEqual({
    status: 400,
    text: "name can only contain alpha-numeric chars and '-'",
  });
  await untilStatus(platform, first?.id ?? '', 'Completed');
  await untilStatus(platform, third?.id ?? '', 'Failed');
  await platform.stop();
  platform = await testPlatform({ data });
  expect(await namesOf(platform)).toEqual(['one', 'three']);
});

test('what is called as an earlier launch of its caller is that one, however often and at once', async () => {
  const platform = await testPlatform({ config: { ...roomy, users: [{ name: 'bob' }] } });
  const same = [order('launch-of-ada-1'), order('launch-of-ada-2'), order('launch-of-ada-1')];
  const [once, twice] = await Promise.all([outcomes(platform, same), outcomes(platform, same)]);
  expect(once.every(({ id }) => id !== undefined)).toBe(true);
  expect(twice).toEqual(once);
  expect(once[2]).toEqual(once[0]);
  expect(await outcomes(platform, same)).toEqual(once);
  expect(await namesOf(platform)).toEqual(['one', 'one']);

  const token = platform.users.find(({ name }) => name === 'bob')?.token;
  const [bobs] = await outcomes(platform, [order('launch-of-ada-1')], { token });
  expect(bobs?.id).toBeDefined();
  expect(bobs?.id).not.toBe(once[0]?.id);
});

test('only as many sessions with a page are launched as one may have', async () => {
  const limits = { maxInteractiveSessions: 3 };
  const platform = await testPlatform({ config: { ...roomy, limits } });
  const orders = Array.from({ length: 5 }, (_, at) =>
    order(`launch-of-ada-${at}`, { type: 'contributed', name: `page${at}` }),
  );
  const all = await outcomes(platform, orders);
  expect(all.map(({ status }) => status)).toEqual([undefined, undefined, undefined, 400, 400]);
});

test('what is none is refused as a whole', async () => {
  const platform = await testPlatform();
  const statusOf = async (...args: Parameters<typeof post>) => (await post(...args)).status;
  const one = order('launch-of-ada-1');
  for (const body of ['{', {}, [{}], [order('short')], [{ ...one, form: [['name']] }]])
    expect(await statusOf(platform, body)).toBe(400);
  const tooMany = Array.from({ length: 101 }, (_, at) => order(`launch-of-ada-${at}`));
  expect(await statusOf(platform, tooMany)).toBe(400);
  expect(await statusOf(platform, [one], { type: 'text/plain' })).toBe(415);
  expect(await statusOf(platform, [one], { token: 'nobody' })).toBe(401);
  expect(await namesOf(platform)).toEqual([]);
});

test('none is taken while a misbehaviour is in force, as whoever ordered it counts requests', async () => {
  const platform = await testPlatform({ faults: ['reject-create,first=1'] });
  const { headers } = await send(platform, 'GET', '/skaha/v1/session');
  expect(headers['accept-launches']).toBeUndefined();
  expect((await post(platform, [order('launch-of-ada-1')])).status).toBe(503);
  platform.faults.clear();
  expect((await post(platform, [order('launch-of-ada-1')])).status).toBe(200);
});
