import { createServer } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { SkahaClient } from 'skaha/internal/client.js';
import { beforeAll, describe, expect, test } from 'vitest';
import { idsOf, type RunOptions, runSkaha } from '../harness.js';

/** Sessions as servers of other versions send them: what our own platform never says. */
const sessions = [
  {
    id: 'note0001',
    name: 'notes',
    type: 'notebook',
    status: 'Running',
    image: 'images.canfar.net/skaha/astroml:latest',
    startTime: '2026-11-20T12:00Z',
    expiryTime: '2026-11-22T12:00Z',
    connectURL: 'https://host.example/session/notebook/note0001/?token=x',
    requestedCPUCores: '2',
    requestedRAM: '8G',
    cpuCoresInUse: '500m',
    ramInUse: '1.5',
    isFixedResources: true,
    hub: 'west',
  },
  { id: 'quan0001', name: 'qubits', type: 'quantum', status: 'Hibernating', startTime: 'soon' },
  {
    id: 'fail0001',
    name: 'late',
    type: 'headless',
    status: 'Failed',
    expiryTime: '2026-11-21T12:00Z',
  },
  { id: 'wait0001', name: 'waiting', type: 'contributed', status: 'Pending' },
  { name: 'nameless\u001B[2J' },
];
const now = Date.UTC(2026, 10, 23, 12);
/** Waiting takes no time, and others have their turn meanwhile. */
const nextTurn = () => turn();
let url = '';

beforeAll(async () => {
  const server = createServer((request, response) => {
    const [id, query] = (request.url ?? '').replace(/^.*\/v1\/session\/?/, '').split('?');
    const view = new URLSearchParams(query).get('view');
    const found = sessions.find((session) => session.id === id);
    if (id !== '' && found === undefined) {
      response.writeHead(404).end('not found\n');
      return;
    }
    if (view === 'events') {
      response.end('kubectl said something  unexpected\n');
      return;
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(id === '' ? sessions : found));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/skaha`;
  return () => new Promise((resolve) => server.close(resolve));
});

const opened: string[] = [];
const skaha = (argv: readonly string[], options: RunOptions = {}) =>
  runSkaha(argv, {
    ...options,
    services: {
      connect: async (given) => new SkahaClient({ ...given, url, anonymous: true }),
      clock: { now: () => now, sleep: nextTurn },
      openBrowser: async (address) => {
        opened.push(address);
        return true;
      },
      ...options.services,
    },
  });

describe('ps', () => {
  test('keeps kinds, statuses and fields it does not know', async () => {
    const all = JSON.parse((await skaha(['ps', '--all', '--json'])).stdout);
    expect(all).toHaveLength(5);
    expect(all).toContainEqual(expect.objectContaining({ type: 'quantum', status: 'Hibernating' }));
    expect(all[0]).toMatchObject({ hub: 'west', startTime: '2026-11-20T12:00:00Z' });
    expect(all).toContainEqual(expect.objectContaining({ id: null, type: null, status: null }));
  });

  test('one malformed session does not hide the others, and cannot harm the terminal', async () => {
    const { status, stdout } = await skaha(['ps', '--all']);
    expect(status).toBe(0);
    expect(stdout.split('\n')).toHaveLength(7);
    expect(stdout).toContain('nameless[2J');
    expect(stdout).not.toContain('\u001B');
  });

  test('what has not started comes last', async () => {
    expect(idsOf(await skaha(['ps', '-q']))).toEqual(['note0001', 'wait0001']);
  });

  test('-o wide shows use over request', async () => {
    const { stdout } = await skaha(['ps', '--wide']);
    expect(stdout).toMatch(/note0001 .* 0\.5\/2 +1\.4\/8 GiB +- +FIXED +24 hours ago/);
  });

  test('--debug says what is odd', async () => {
    const { stderr } = await skaha(['ps', '--debug']);
    expect(stderr).toContain('Session response: The field startTime cannot be read.');
  });
});

describe('info', () => {
  test('shows use, and an expiry in the past as past', async () => {
    const { stdout } = await skaha(['info', 'notes']);
    expect(stdout).toContain('Cores      0.5 of 2 cores (25%)');
    expect(stdout).toContain('Memory     1.4 of 8 GiB (17%)');
    expect(stdout).toContain('Expires    2026-11-22T12:00:00Z (expired 24 hours ago)');
    expect((await skaha(['info', 'late'])).stdout).toContain('Failed (its lifetime has elapsed)');
    expect((await skaha(['info', 'qubits', '--debug'])).stderr).toContain(
      'Session response of quan0001: The field startTime cannot be read.',
    );
  });
});

test('events that are no table are shown as they came', async () => {
  const { status, stdout } = await skaha(['events', 'notes']);
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'kubectl said something  unexpected\n' });
});

describe('open', () => {
  const address = 'https://host.example/session/notebook/note0001/?token=x';

  test('starts the browser', async () => {
    const result = await skaha(['open', 'notes']);
    expect(result).toMatchObject({ status: 0, stdout: '' });
    expect(result.stderr).toContain('Opening session note0001 in the browser.');
    expect(opened.splice(0)).toEqual([address]);
  });

  test('prints the address when no browser starts, or when asked', async () => {
    const services = { openBrowser: async () => false };
    const printed = await skaha(['open', 'notes'], { services });
    expect(printed).toMatchObject({ status: 0, stdout: `${address}\n` });
    expect(printed.stderr).toContain('No browser can be started here.');
    expect(await skaha(['open', 'notes', '--print'])).toMatchObject({
      stdout: `${address}\n`,
      stderr: '',
    });
    expect(opened).toEqual([]);
  });

  test('opens those that run and names the others: 7', async () => {
    const some = await skaha(['open', 'notes', 'waiting', '--json']);
    expect(some.status).toBe(7);
    expect(JSON.parse(some.stdout)).toMatchObject([
      { id: 'note0001', ok: true, action: 'open', error: null, url: address },
      { id: 'wait0001', ok: false, error: { code: 'session.not_ready' }, url: null },
    ]);
    opened.length = 0;
  });

  test('--wait gives up in time', async () => {
    const late = await skaha(['open', 'waiting', '--wait', '--wait-timeout', '1s']);
    expect(late).toMatchObject({ status: 6, stdout: '' });
  });
});

test('latest is the one that waits', async () => {
  expect((await skaha(['info', 'latest', '-o', 'name'])).stdout).toBe('wait0001\n');
});
