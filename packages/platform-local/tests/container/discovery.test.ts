import { createServer } from 'node:http';
import { join } from 'node:path';
import { findEngine } from '@skaha/platform-local/container/discovery.js';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../../platform/tests/fixtures.js';

/** Something at a socket that answers every request with this status and body. */
async function answering(socket: string, status: number, body: unknown): Promise<string> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return socket;
}

const docker = {
  Version: '27.0.0',
  Components: [{ Name: 'Engine', Version: '27.0.0' }],
  SecurityOptions: ['name=seccomp,profile=builtin', 'name=rootless'],
  CgroupDriver: 'systemd',
};

test('the socket of the configuration comes first, and says whose it is', async () => {
  const socket = await answering(join(temporaryDirectory(), 's'), 200, docker);
  const found = await findEngine({ socket, environment: { DOCKER_HOST: 'unix:///nowhere' } });
  if ('obstacle' in found) throw new Error(found.obstacle);
  expect(found.engine).toMatchObject({
    socket,
    facts: {
      name: 'Docker',
      version: '27.0.0',
      rootless: true,
      selinux: false,
      groupsBy: 'systemd',
    },
  });
});

test('DOCKER_HOST comes before the usual places; these are tried in turn', async () => {
  const runtime = temporaryDirectory();
  const named = await answering(join(runtime, 'named'), 200, docker);
  const usual = await answering(join(runtime, 'docker.sock'), 200, docker);
  const environment = { XDG_RUNTIME_DIR: runtime, HOME: runtime };
  const byName = { ...environment, DOCKER_HOST: `unix://${named}` };
  expect(await findEngine({ environment: byName })).toMatchObject({ engine: { socket: named } });
  expect(await findEngine({ environment })).toMatchObject({ engine: { socket: usual } });
});

test.each([
  ['nothing', {}, /^No container engine answers at .*absent.*: its socket does not exist$/],
  [
    'an engine elsewhere',
    { DOCKER_HOST: 'tcp://192.0.2.1:2375' },
    /^DOCKER_HOST is set to an engine/,
  ],
])('%s is told as the reason', async (_, environment, reason) => {
  const absent = join(temporaryDirectory(), 'absent');
  const places = { DOCKER_HOST: `unix://${absent}`, ...environment };
  expect(await findEngine({ environment: places })).toMatchObject({
    obstacle: expect.stringMatching(reason),
  });
});

test('what answers but is broken is told with its own words', async () => {
  const socket = await answering(join(temporaryDirectory(), 's'), 500, { message: 'out of order' });
  expect(await findEngine({ socket, environment: {} })).toEqual({
    obstacle: `No container engine answers at ${socket} (container.socket): out of order`,
  });
});

test('a search can be given up', async () => {
  const socket = await answering(join(temporaryDirectory(), 's'), 200, docker);
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(findEngine({ socket, environment: {} }, signal)).rejects.toThrow('enough');
});
