import { expect, test } from 'vitest';
import { testServer } from '../../../client/tests/fixtures.js';
import { idsOf, runSkaha, sharedPlatform } from '../harness.js';
import { noTerminal, PseudoTerminal } from '../pseudo-terminal.js';

const shell = sharedPlatform();
const create = ['create', 'headless', 'skaha/terminal:1.1.2', '-q', '--wait-for', 'running'];

const running = async (name: string): Promise<string> => {
  const made = await shell.skaha([
    'create',
    'headless',
    'skaha/terminal:1.1.2',
    '-n',
    name,
    '-q',
    '-e',
    'OWN=mine',
    '--',
    'sleep',
    '600',
  ]);
  const [id = ''] = idsOf(made);
  await shell.skaha(['wait', id, '--for', 'running']);
  return id;
};

test('a command runs in a session: streams, variables, words and status are its own', async () => {
  await running('work');
  const script = 'echo "$OWN $1"; cat; echo wrong >&2; exit 42';
  const result = await shell.skaha(
    ['exec', 'work', '-i', '--', 'sh', '-c', script, 'sh', "a 'b'"],
    {
      stdin: 'from here\n',
    },
  );
  expect(result).toMatchObject({
    status: 42,
    stdout: "mine a 'b'\nfrom here\n",
    stderr: 'wrong\n',
  });
  const killed = await shell.skaha(['exec', 'work', '--', 'sh', '-c', 'kill -9 $$']);
  expect(killed.status).toBe(137);
  await shell.skaha(['delete', '-y', 'work']);
});

test('what cannot be says why', async () => {
  const [id = ''] = idsOf(
    await shell.skaha([...create.slice(0, 4), '-n', 'over', '--wait', '--', 'true']),
  );
  expect(await shell.skaha(['exec', id, '--', 'ls'])).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      new RegExp(`^Error: The session ${id} is not running: it has ended\\.\nHint: .*skaha logs`),
    ),
  });
  expect((await shell.skaha(['exec', 'nobody', '--', 'ls'])).status).toBe(4);
  expect(await shell.skaha(['exec', id])).toMatchObject({ status: 2 });
  expect(await shell.skaha(['shell', id])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining(`skaha exec ${id} -- COMMAND`),
  });
  await shell.skaha(['delete', '-y', id]);
});

test('a server without such a call is told, with the next step', async () => {
  const server = await testServer(({ path }) =>
    path.includes('capabilities')
      ? {
          headers: { 'content-type': 'text/xml' },
          body: '<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0"/>',
        }
      : { body: '[]' },
  );
  const { SkahaClient } = await import('skaha/internal/client.js');
  const services = {
    connect: async () => new SkahaClient({ url: server.url, anonymous: true, retries: 0 }),
  };
  const result = await runSkaha(['exec', 'ab12cd34', '--', 'ls'], { services });
  expect(result).toMatchObject({ status: 1, stdout: '' });
  expect(result.stderr).toMatch(/cannot run another command.*\n.*skaha open/);
});

test('a shell has the terminal: its size, its keys, its end', async ({ skip }) => {
  skip(noTerminal !== undefined, noTerminal);
  const id = await running('look');
  const { url, tokenFile, ca } = shell.platform;
  const home = shell.platform.data;
  const terminal = new PseudoTerminal(
    `skaha shell ${id} --url ${url} --token-file ${tokenFile} --ca ${ca}; echo "left $?"`,
    { HOME: home, SKAHA_CONFIG: `${home}/none.yaml` },
  );
  terminal.type('PS1="in> "; stty size\r');
  await terminal.shows('50 100\r\n');
  terminal.type('sleep 600\r');
  await terminal.shows('sleep 600\r\n');
  terminal.type('\u0003');
  await terminal.shows('^C');
  terminal.type('echo $((40 + 2)); exit 5\r');
  await terminal.shows('42\r\n');
  await terminal.shows('left 5');
  await shell.skaha(['delete', '-y', id]);
});
