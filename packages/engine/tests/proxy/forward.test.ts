import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Endpoint } from '../../src/ports/pages.js';
import { forward } from '../../src/proxy/forward.js';

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** What comes of a request that is passed on to an endpoint. */
async function asked(endpoint: Endpoint): Promise<{ status: number | undefined; text: string }> {
  const inner = { endpoint, path: '/inner', base: '/', keepsPath: false, scheme: 'http' } as const;
  const port = await listening(
    createServer((request, response) => {
      const fail = (status: number) => void response.writeHead(status).end();
      forward(request, response, { ...inner, authorization: undefined }, fail);
    }),
  );
  const outgoing = get({ host: '127.0.0.1', port, agent: false });
  const [answer] = await once(outgoing, 'response');
  let text = '';
  for await (const chunk of answer) text += chunk;
  return { status: answer.statusCode, text };
}

test('a page is reached by whatever connection its runner makes', async () => {
  const port = await listening(createServer((request, response) => response.end(request.url)));
  expect(await asked({ host: '127.0.0.1', port })).toEqual({ status: 200, text: '/inner' });
  let made = 0;
  const connected = async () => {
    made += 1;
    return connect(port, '127.0.0.1');
  };
  expect(await asked({ connect: connected })).toEqual({ status: 200, text: '/inner' });
  expect(made).toBe(1);
});

test('where no connection can be made, this is told', async () => {
  const refused = async () => await Promise.reject(new Error('no way'));
  expect(await asked({ connect: refused })).toMatchObject({ status: 502 });
  const server = createServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  expect(await asked({ host: '127.0.0.1', port })).toMatchObject({ status: 502 });
});
