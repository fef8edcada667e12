import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { expect, onTestFinished, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import {
  create,
  exists,
  list,
  logs,
  post,
  temporaryDirectory,
  until,
  untilStatus,
} from '../fixtures.js';

const program = fileURLToPath(new URL('../../dist/server.js', import.meta.url));
const megabyte = Buffer.alloc(1024 * 1024);

/** A disk of its own for one program, which takes no rights to make. */
const smallDisk = (directory: string, bytes: number) => [
  ...['--dev-bind', '/', '/', '--die-with-parent'],
  ...['--size', String(bytes), '--tmpfs', directory],
];
const probe = spawnSync('bwrap', [...smallDisk('/mnt', 65_536), 'true'], { encoding: 'utf8' });
const obstacle =
  probe.status === 0 ? undefined : `needs bubblewrap with --size: ${probe.error ?? probe.stderr}`;

/** Starts a platform whose data directory is a disk of 16 MB. */
async function onSmallDisk() {
  const data = join(temporaryDirectory(), 'data');
  mkdirSync(data);
  const options = JSON.stringify({ data, port: 0, user: 'adastra', runner: 'process' });
  const words = [...smallDisk(data, 16 * megabyte.length), process.execPath, program, options];
  const child = spawn('bwrap', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await until(() => child.exitCode !== null || child.signalCode !== null);
  });
  // Its disk, as seen from outside: by whatever process has it, which may be another at first.
  const found = await until(() => {
    const children = `/proc/${child.pid}/task/${child.pid}/children`;
    const pid = existsSync(children) ? readFileSync(children, 'utf8').trim() : '';
    const path = `/proc/${pid}/root${data}/private/server.json`;
    if (pid === '' || !existsSync(path)) return undefined;
    const { port } = JSON.parse(readFileSync(path, 'utf8')) as { port: number };
    return { port, pid: Number(pid) };
  });
  const { pid, port } = found;
  const disk = `/proc/${pid}/root${data}`;
  const token = readFileSync(join(disk, 'private/users/adastra.token'), 'utf8').trim();
  const ca = join(temporaryDirectory(), 'ca.pem');
  copyFileSync(join(disk, 'ca.pem'), ca);
  // The requests of the fixtures need no more than this of a platform.
  const platform = { port, ca, token } as unknown as Platform;
  return { platform, disk, pid, log: () => log };
}

function fill(path: string): void {
  try {
    for (;;) appendFileSync(path, megabyte);
  } catch {
    // Then less and less at a time.
  }
  for (const size of [65_536, 4_096, 1]) {
    try {
      for (;;) appendFileSync(path, megabyte.subarray(0, size));
    } catch {
      // It is full.
    }
  }
}

test.skipIf(obstacle !== undefined)(
  `a full disk stops new sessions with a clear error, and nothing is lost${obstacle === undefined ? '' : ` (skipped: ${obstacle})`}`,
  async () => {
    const { platform, disk, pid, log } = await onSmallDisk();
    const first = await create(platform, { cmd: 'echo', args: 'first' });
    await untilStatus(platform, first, 'Completed');
    const running = await create(platform, { cmd: 'sleep', args: '1' });
    await untilStatus(platform, running, 'Running');
    const filler = join(disk, 'arc/home/adastra/filler');
    fill(filler);

    const refusals = new Set<string>();
    await until(async () => {
      const { status, body } = await post(platform, { cmd: 'true' });
      if (status !== 200) refusals.add(`${status} ${body}`);
      return status !== 200;
    });
    expect([...refusals]).toEqual([
      '500 The platform cannot store the session: no space left on the disk\n',
    ]);
    await untilStatus(platform, running, 'Completed', 'Failed');
    expect(await logs(platform, first)).toBe('first\n');
    const before = (await list(platform)).map(({ id }) => id);

    rmSync(filler);
    const last = await until(async () => {
      const { status, body } = await post(platform, { cmd: 'echo', args: 'last' });
      return status === 200 && body.trim();
    });
    await untilStatus(platform, last, 'Completed');
    expect(await logs(platform, last)).toBe('last\n');
    const ids = (await list(platform)).map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set([...before, last]));
    expect(log()).toContain('no space left on the disk');

    const copy = temporaryDirectory();
    process.kill(pid, 'SIGSTOP');
    for (const name of ['skaha.db', 'skaha.db-wal']) {
      if (existsSync(join(disk, name))) copyFileSync(join(disk, name), join(copy, name));
    }
    process.kill(pid, 'SIGCONT');
    const database = new Database(join(copy, 'skaha.db'));
    const check = database.prepare('PRAGMA integrity_check').get() as { integrity_check: string };
    const stored = database.prepare('SELECT key FROM sessions').all() as { key: string }[];
    database.close();
    expect(check.integrity_check).toBe('ok');
    expect(new Set(stored.map(({ key }) => key))).toEqual(new Set(ids));
    expect(exists(pid)).toBe(true);
  },
);
