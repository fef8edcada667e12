import { expect, test } from 'vitest';
import { create, roomy, send, temporaryDirectory, testPlatform, untilStatus } from '../fixtures.js';

type Running = Awaited<ReturnType<typeof testPlatform>>;

/** Creates a session whose launch is called something. */
const launch = (platform: Running, key: string): Promise<string> =>
  create(platform, { cmd: 'true' }, { headers: { 'launch-key': key } });

const look = (platform: Running, key: string) =>
  send(platform, 'GET', `/skaha/v1/session?launch=${encodeURIComponent(key)}`);

const idsIn = (body: string): string[] => JSON.parse(body).map(({ id }: { id: string }) => id);

test('a launch is found by what its caller calls it, while it runs and when it is over', async () => {
  const data = temporaryDirectory();
  let platform = await testPlatform({ data });
  const [first, second] = [
    await launch(platform, 'launch-1-of-ada'),
    await launch(platform, 'x'.repeat(80)),
  ];
  const { headers, body } = await look(platform, 'launch-1-of-ada');
  expect(headers).toMatchObject({ 'accept-launch-key': '1', 'launch-key': 'launch-1-of-ada' });
  expect(idsIn(body)).toEqual([first]);
  expect(idsIn((await look(platform, 'launch-2-of-ada')).body)).toEqual([]);

  await untilStatus(platform, first, 'Completed');
  await platform.stop();
  platform = await testPlatform({ data });
  expect(idsIn((await look(platform, 'launch-1-of-ada')).body)).toEqual([first]);
  expect(idsIn((await look(platform, 'x'.repeat(80))).body)).toEqual([second]);
  await send(platform, 'DELETE', `/skaha/v1/session/${first}`);
  expect(idsIn((await look(platform, 'launch-1-of-ada')).body)).toEqual([]);
});

test('what is no key is passed over, and nobody finds the sessions of another', async () => {
  const platform = await testPlatform({ config: { ...roomy, users: [{ name: 'bob' }] } });
  for (const text of ['short', "a' OR '1'='1", 'x'.repeat(81)]) {
    await launch(platform, text);
    const { headers, body } = await look(platform, text);
    expect(idsIn(body)).toEqual([]);
    expect(headers['launch-key'] ?? '').toBe('');
  }
  const id = await launch(platform, 'launch-1-of-ada');
  expect(idsIn((await look(platform, 'launch-1-of-ada')).body)).toEqual([id]);
  const token = platform.users.find(({ name }) => name === 'bob')?.token;
  const bobs = await send(platform, 'GET', '/skaha/v1/session?launch=launch-1-of-ada', { token });
  expect(idsIn(bobs.body)).toEqual([]);
});
