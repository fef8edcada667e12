import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { probeSandbox } from '@skaha/platform-local/sandbox/probe.js';
import { jobStore } from 'skaha/internal/batch/journal-files.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Interruption } from '../../src/exit.js';
import { idsOf, type RunOptions, sharedPlatform } from '../harness.js';

const probe = await probeSandbox();
const obstacle =
  'tools' in probe && probe.tools.network?.kind === 'bridge'
    ? undefined
    : 'sessions have no ports of their own here';
if (obstacle !== undefined) process.stdout.write(`clusters are not tried: ${obstacle}\n`);

const image = 'skaha/terminal:1.1.2';

const codeOf = ({ stderr }: { stderr: string }) => /"code":\s*"([^"]+)"/.exec(stderr)?.[1];

/** Behaves as the Python with an engine does: a head that listens, workers that end with it. */
const standIn = `#!/usr/bin/env node
const { connect, createServer } = require('node:net');
const words = process.argv.slice(2);
const after = (word) => words[words.indexOf(word) + 1];
const end = (code) => () => process.exit(code);
if (words[0] === 'page') {
  const host = process.env.skaha_hostname;
  require('node:http').createServer((_, reply) => reply.end('workers')).listen(process.env.PORT, host);
  createServer((one) => one.on('error', () => {})).listen(8786, host, () => console.log('Scheduler at:  tcp://' + host + ':8786'));
} else if (words[0] === '-c') connect(words[3], words[2]).on('connect', end(0)).on('error', end(1));
else if (words.includes('scheduler'))
  createServer((one) => one.on('error', () => {})).listen(Number(after('--port')), after('--host'));
else {
  const { hostname, port } = new URL(after('worker'));
  connect(Number(port), hostname).on('connect', () => console.log('joined', hostname)).on('error', () => {}).on('close', end(3));
}
`;

describe.skipIf(obstacle !== undefined)('clusters', () => {
  const shell = sharedPlatform({
    config: {
      runner: 'sandbox',
      capacity: { cores: 24, memoryGiB: 96 },
      sandbox: { interactiveNetwork: 'none' },
      images: [
        { id: `images.canfar.net/${image}`, types: ['headless'], command: ['/bin/sh'] },
        {
          id: 'images.canfar.net/me/dask:1',
          types: ['contributed'],
          command: ['/bin/sh', '-c', 'exec ./engine page'],
        },
      ],
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'skaha-cli-cluster-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  beforeAll(() => {
    const path = join(shell.platform.home, 'engine');
    writeFileSync(path, standIn);
    chmodSync(path, 0o755);
  });

  const skaha = (argv: readonly string[], options: RunOptions = {}) =>
    shell.skaha(argv, {
      ...options,
      services: { jobs: async () => jobStore(join(folder, 'jobs')) },
    });
  const create = (name: string, ...words: string[]) =>
    skaha(['cluster', 'create', name, image, '--engine', 'dask', '--python', './engine', ...words]);
  const shown = async (name: string) => {
    const all: { name: string; pending: number }[] = JSON.parse(
      (await skaha(['cluster', 'ls', '--json'])).stdout,
    );
    return all.find((one) => one.name === name);
  };
  const finished = (ids: readonly string[]) =>
    skaha(['wait', ...ids, '--for', 'finished', '--interval', '20ms', '--timeout', '90s']);

  test('is made, listed, found, grown, shrunk, and deleted with nothing left', async () => {
    const made = await create('fit', '-w', '1', '--max-workers', '3', '--json');
    expect(made.status, made.stderr).toBe(0);
    const cluster = JSON.parse(made.stdout);
    expect(cluster).toMatchObject({ name: 'fit', engine: 'dask', live: 1, maxWorkers: 3 });
    expect(cluster.launched.map(({ name }: { name: string }) => name)).toEqual([
      'fit-head',
      'fit-w1',
    ]);
    expect((await skaha(['cluster', 'ls', '-q'])).stdout).toBe('fit\n');
    expect((await skaha(['cluster', 'ls'])).stdout).toMatch(/fit\s+dask\s+running\s+\w{8}\s+1\/3/);

    const { host, variables } = JSON.parse(
      (await skaha(['cluster', 'connect', 'fit', '--json'])).stdout,
    );
    expect(variables).toEqual({ DASK_SCHEDULER_ADDRESS: `tcp://${host}:8786` });
    const words = ['--', 'printenv', 'DASK_SCHEDULER_ADDRESS'];
    const beside = await skaha(['cluster', 'connect', 'fit', ...words]);
    expect(beside.stdout).toContain(variables.DASK_SCHEDULER_ADDRESS);

    const more = await skaha(['cluster', 'scale', 'fit', '3', '-q']);
    expect(idsOf(more)).toHaveLength(2);
    const limit = await skaha(['cluster', 'scale', 'fit', '4', '--json']);
    expect([limit.status, codeOf(limit)]).toEqual([5, 'cluster.limit']);
    const most = await skaha(['cluster', 'scale', 'fit', '10000', '--json']);
    expect([most.status, codeOf(most)]).toEqual([5, 'cluster.limit']);
    const less = await skaha(['cluster', 'scale', 'fit', '1']);
    expect(less.stdout.match(/^deleted /gm)).toHaveLength(2);

    // What only looks like its own stays.
    const other = idsOf(
      await skaha(['create', 'headless', image, '-n', 'fit-w9', '-q', '--', 'sleep', '600']),
    );
    const gone = await skaha(['cluster', 'delete', 'fit', '--yes']);
    expect(gone.stdout.match(/^deleted /gm)).toHaveLength(2);
    expect(idsOf(await skaha(['ps', '--all', '-q']))).toEqual(other);
    expect((await skaha(['cluster', 'ls', '-q'])).stdout).toBe('');
    await skaha(['delete', ...other, '--yes']);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends the session beside it', async (signal) => {
    expect((await create('held', '-w', '0')).status).toBe(0);
    const controller = new AbortController();
    writeFileSync(join(shell.platform.home, 'hold.sh'), 'echo go\nexec sleep 600\n');
    const words = ['--', 'sh', 'hold.sh'];
    const ended = await skaha(['cluster', 'connect', 'held', ...words], {
      terminal: { signal: controller.signal },
      onOut: () => controller.abort(new Interruption(signal)),
    });
    expect(ended.status).toBe(signal === 'SIGINT' ? 130 : 143);
    expect(ended.stderr).toMatch(/^deleted \w{8} \(held-run\)$/m);
    await skaha(['cluster', 'delete', 'held', '--yes']);
    expect((await skaha(['ps', '--all', '-q'])).stdout).toBe('');
  });

  test('a program that fails beside it leads to no log that is deleted', async () => {
    expect((await create('brief', '-w', '0')).status).toBe(0);
    const failed = await skaha(['cluster', 'connect', 'brief', '--', 'sh', 'nosuch.sh']);
    expect(failed.status).toBe(8);
    expect(failed.stdout).toContain('nosuch.sh');
    expect(failed.stderr).toMatch(/^deleted \w{8} \(brief-run\)$/m);
    expect(failed.stderr).not.toContain('skaha logs');
    await skaha(['cluster', 'delete', 'brief', '--yes']);
  });

  test('a contributed head has a page, and the workers are told where it is', async () => {
    const made = await create('seen', '--head', 'contributed', '--head-image', 'me/dask:1');
    expect(made.status, made.stderr).toBe(0);
    const [head = '', worker = ''] = idsOf(await skaha(['ps', '-q', '--sort-by', 'name']));
    expect(made.stderr).toContain(`skaha open ${head}`);
    await expect
      .poll(async () => (await skaha(['logs', worker])).stdout, { timeout: 25_000 })
      .toContain('joined');
    const { dashboard } = JSON.parse(
      (await skaha(['cluster', 'connect', 'seen', '--json'])).stdout,
    );
    const [{ connectURL }] = JSON.parse((await skaha(['info', head, '--json'])).stdout);
    expect([dashboard, dashboard.includes(`/session/contrib/${head}/`)]).toEqual([
      connectURL,
      true,
    ]);
    const gone = await skaha(['cluster', 'delete', 'seen', '--yes']);
    expect(gone.stdout.match(/^deleted /gm)).toHaveLength(2);
    expect((await skaha(['ps', '--all', '-q'])).stdout).toBe('');
  });

  test('what waits counts, and a name is taken once', async () => {
    const made = await create(
      'wide',
      '-w',
      '2',
      '--max-workers',
      '2',
      '-c',
      '2',
      '-m',
      '64',
      '--json',
    );
    expect(made.status, made.stderr).toBe(0);
    expect(await shown('wide')).toMatchObject({ live: 2, pending: expect.any(Number) });
    expect((await shown('wide'))?.pending).toBeGreaterThan(0);
    const lists = await skaha(['cluster', 'ls']);
    expect(lists.stderr).toMatch(/^wide-w1-\d \(\w{8}\): Pending, FailedScheduling: ./m);
    const found = await skaha(['cluster', 'connect', 'wide']);
    expect(found.stdout).toMatch(/Workers\s+2 workers, \d of them waiting, at most 2/);
    expect(found.stdout).toMatch(/Waiting\s+wide-w1-\d \(\w{8}\): Pending, FailedScheduling: ./);
    expect((await skaha(['cluster', 'scale', 'wide', '3'])).status).toBe(5);
    expect((await create('wide')).status).not.toBe(0);
    expect(await shown('wide')).toMatchObject({ live: 2 });
    await skaha(['cluster', 'delete', 'wide', '--yes']);
  });

  test('a new cluster whose workers wait says so, and why', async () => {
    const words = ['-w', '2', '-c', '4', '-m', '92', '--head-cpu', '1', '--head-memory', '8'];
    const made = await create('idle', ...words);
    expect(made.status, made.stderr).toBe(0);
    expect(made.stdout).toMatch(/^idle: running, 2 workers, 2 of them waiting$/m);
    expect(made.stdout).toMatch(/^idle-w1-\d \(\w{8}\): Pending, FailedScheduling: ./m);
    await skaha(['cluster', 'delete', 'idle', '--yes']);
  });

  test('workers without their head end, and orphans are cleared away', async () => {
    const made = JSON.parse((await create('lost', '-w', '2', '--json')).stdout);
    const workers: string[] = made.workers.map(({ id }: { id: string }) => id);
    for (const id of workers)
      await expect
        .poll(async () => (await skaha(['logs', id])).stdout, { timeout: 25_000 })
        .toContain('joined');
    await skaha(['delete', made.head, '--yes']);
    expect((await finished(workers)).status).toBe(8);
    expect(await shown('lost')).toMatchObject({ state: 'stopped', live: 0 });
    expect((await skaha(['cluster', 'connect', 'lost'])).status).toBe(8);
    const cleared = await skaha(['cluster', 'delete', '--orphans', '--yes']);
    expect(cleared.status, cleared.stderr).toBe(0);
    expect(await shown('lost')).toBeUndefined();
    expect((await skaha(['ps', '--all', '-q'])).stdout).toBe('');
  });

  test('a head that waits counts among what is deleted', async () => {
    const everything = ['-c', '24', '-m', '92', '-q', '--', 'sleep', '600'];
    const large = idsOf(await skaha(['create', 'headless', image, '-n', 'large', ...everything]));
    expect((await create('late', '--timeout', '1s')).status).toBe(6);
    expect(await shown('late')).toMatchObject({ state: 'starting', live: 0 });
    const asked = await skaha(['cluster', 'delete', 'late'], {
      terminal: { inIsTty: true, errIsTty: true },
      stdin: 'n\n',
    });
    expect(asked.stderr).toContain('1 cluster with 1 session running or waiting: late?');
    expect((await skaha(['cluster', 'delete', 'late', '--yes'])).status).toBe(0);
    await skaha(['delete', ...large, '--yes']);
  });

  test('of several, the clusters that could not be deleted are counted', async () => {
    expect((await create('here', '-w', '1')).status).toBe(0);
    const partly = await skaha(['cluster', 'delete', 'here', 'gone', '--yes']);
    expect(partly.status).toBe(7);
    expect(partly.stderr).toContain('Could not delete 1 of 2 clusters.');
    expect(partly.stderr).toContain("There is no cluster 'gone'.");
    expect((await skaha(['ps', '--all', '-q'])).stdout).toBe('');
  });

  test('a head that ends says why', async () => {
    const words = ['cluster', 'create', 'none', image, '--engine', 'dask', '--python', './nothing'];
    const failed = await skaha([...words, '--json']);
    expect([failed.status, codeOf(failed)]).toEqual([8, 'cluster.head_failed']);
    expect(failed.stderr).toMatch(/no such command|not found/);
    expect(await shown('none')).toMatchObject({ state: 'stopped' });
    expect((await skaha(['cluster', 'delete', 'none', '--yes'])).status).toBe(0);
  });

  test.each([
    [['create', 'a b', image, '--engine', 'dask'], 2, 'request.invalid'],
    [['create', 'fit', image], 2, 'command.usage'],
    [['create', 'fit', image, '--engine', 'rai'], 2, 'command.usage'],
    [
      ['create', 'fit', image, '--engine', 'ray', '-w', '4', '--max-workers', '3'],
      5,
      'cluster.limit',
    ],
    [['scale', 'fit', 'many'], 2, 'command.usage'],
    [['scale', 'nosuch', '2'], 4, 'cluster.not_found'],
    [['connect', 'nosuch'], 4, 'cluster.not_found'],
    [['delete', 'nosuch', '--yes'], 4, 'cluster.not_found'],
    [['delete'], 2, 'command.usage'],
  ])('%j is refused', async (words, status, code) => {
    const refused = await skaha(['cluster', ...words, '--json']);
    expect([refused.status, codeOf(refused)]).toEqual([status, code]);
    expect((await skaha(['ps', '--all', '-q'])).stdout).toBe('');
  });
});
