import { expect, test } from 'vitest';
import { create, send, testPlatform, untilStatus } from '../fixtures.js';

const id = 'images.canfar.net/lab/notes:1';
const program =
  "require('http').createServer((_, response) => response.end('notes'))" +
  ".listen(process.env.PORT, '127.0.0.1')";

test('the page of a notebook whose image names its own command is reached at its port', async () => {
  const commands = { notebook: ['node', '-e', program] };
  const platform = await testPlatform({
    config: { images: [{ id, types: ['notebook'], commands }] },
  });
  const session = await create(platform, { type: 'notebook', image: id });
  await untilStatus(platform, session, 'Running');
  const page = await send(platform, 'GET', `/session/notebook/${session}/`);
  expect(page).toMatchObject({ status: 200, body: 'notes' });
});
