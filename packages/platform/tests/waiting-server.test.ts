import { dataLayout } from '@skaha/service/data.js';
import { expect, test } from 'vitest';
import { WaitingServer } from '../src/waiting-server.js';
import { send, testPlatform } from './fixtures.js';

async function setUp() {
  const platform = await testPlatform();
  const { data, port } = platform;
  await platform.stop();
  const layout = dataLayout(data);
  const listen = { address: undefined, url: undefined, certificate: undefined, key: undefined };
  const place = { layout, listen, port, certificate: () => undefined };
  return { platform, open: () => new WaitingServer(place) };
}

test('one that waits lives, and sends everybody away who asks for more', async () => {
  const { platform, open } = await setUp();
  const waiting = open();
  try {
    expect((await send(platform, 'GET', '/healthz')).status).toBe(200);
    const refused = await send(platform, 'GET', '/skaha/v1/session');
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  } finally {
    await waiting.close();
  }
});

test('its port is free once it is closed, also when it had not listened yet', async () => {
  const { platform, open } = await setUp();
  await open().close();
  const again = await testPlatform({ data: platform.data, port: platform.port });
  expect(again.port).toBe(platform.port);
});
