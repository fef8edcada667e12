import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInstalled } from '@skaha/engine/kinds/plan.js';
import { sessionPath } from '@skaha/platform-local/plain-process.js';
import { sandboxObstacle } from '@skaha/platform-local/sandbox/probe.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import {
  create,
  discard,
  events,
  form,
  formType,
  logs,
  openPlatform,
  roomy,
  send,
  until,
  untilStatus,
} from '../fixtures.js';
import { compute, message, socketAt } from './kernel.js';

const host = 'images.canfar.net/skaha';
const has = (program: string) => isInstalled(program, sessionPath());
const obstacle = await sandboxObstacle();

describe.each(['process', 'sandbox'] as const)('kinds with a page, runner %s', (runner) => {
  let platform: Platform;
  const cannot = runner === 'sandbox' && obstacle !== undefined;

  beforeAll(async () => {
    if (cannot) return;
    const data = mkdtempSync(join(tmpdir(), 'skaha-platform-'));
    platform = await openPlatform({
      data,
      port: 0,
      user: 'adastra',
      config: { ...roomy, runner },
    });
  });

  afterAll(async () => {
    if (cannot) return;
    await platform.stop();
    await discard(platform.data);
  });

  async function start(kind: string, image: string): Promise<string> {
    const id = await create(platform, { type: kind, image });
    const session = await untilStatus(platform, id, 'Running', 'Failed');
    expect(session.status, await logs(platform, id)).toBe('Running');
    return id;
  }

  test('a kernel of a notebook computes, in the home of its owner', async ({ skip }) => {
    skip(cannot, `no sandboxes: ${obstacle}`);
    skip(!has('jupyter-notebook') && !has('jupyter-lab'), 'no Jupyter server is installed');
    const id = await start('notebook', `${host}/astroml:latest`);
    const code = 'import os; print(6 * 7, os.environ["skaha_sessionid"])';
    expect(await compute(platform, id, code)).toBe(`42 ${id}\n`);
    const base = `/session/notebook/${id}/`;
    const listing = await send(platform, 'GET', `${base}api/contents/arc/home/adastra`);
    expect(listing.status).toBe(200);
    // Its server can be reached through the platform only.
    expect(await logs(platform, id)).toMatch(/http\+unix:/);
  });

  test('a desktop speaks VNC, and apps draw on it', async ({ skip }) => {
    skip(cannot, `no sandboxes: ${obstacle}`);
    skip(!has('Xtigervnc') || !has('xterm'), 'no VNC server, or no xterm, is installed');
    const id = await start('desktop', `${host}/desktop:latest`);
    const path = `/session/desktop/${id}/`;
    expect((await send(platform, 'GET', path)).body).toContain('<title>Desktop</title>');
    for (const file of [
      'viewer.js',
      'novnc/core/rfb.js',
      'novnc/vendor/pako/lib/zlib/inflate.js',
    ]) {
      const { status, headers } = await send(platform, 'GET', path + file);
      expect([status, headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
    }
    for (const file of [
      'novnc/package.json',
      'novnc/core/../package.json',
      'nothing',
      '%2e%2e/x',
    ]) {
      expect((await send(platform, 'GET', path + file)).status).toBe(404);
    }
    const menu = await send(platform, 'GET', `${path}apps`);
    expect(JSON.parse(menu.body)).toEqual([`${host}/terminal:1.1.2`]);
    const guest = { token: platform.users[1]?.token };
    for (const [sending, status] of [
      [{ headers: formType, body: '' }, 400],
      [{ ...guest, headers: formType, body: form([['image', 'a/b:1']]) }, 404],
      [{ token: null, headers: formType, body: form([['image', 'a/b:1']]) }, 401],
    ] as const) {
      expect((await send(platform, 'POST', `${path}apps`, sending)).status).toBe(status);
    }
    expect((await send(platform, 'DELETE', `${path}apps`)).status).toBe(405);
    expect((await send(platform, 'POST', path)).status).toBe(405);
    const socket = socketAt(platform, path, ['binary']);
    expect(await message(socket, (data) => data.toString())).toBe('RFB 003.008\n');
    socket.terminate();
    const app = async (image: string) => {
      const sending = { headers: formType, body: form([['image', image]]) };
      return (await send(platform, 'POST', `/skaha/v1/session/${id}/app`, sending)).body.trim();
    };
    const shown = async (one: string) =>
      JSON.parse((await send(platform, 'GET', `/skaha/v1/session/${id}/app/${one}`)).body);
    const terminal = await app(`${host}/terminal:1.1.2`);
    await until(async () => (await shown(terminal)).status === 'Running');
    const unknown = await app('elsewhere.example/own/thing:1');
    await until(async () => (await shown(unknown)).status === 'Failed');
    await send(platform, 'DELETE', `/skaha/v1/session/${id}/app/${terminal}`);
    expect((await send(platform, 'GET', `/skaha/v1/session/${id}/app/${terminal}`)).status).toBe(
      404,
    );
    expect((await send(platform, 'GET', `/skaha/v1/session/${id}`)).body).toContain('"Running"');
  });

  test('what runs from its image only fails at once and says what to install', async ({ skip }) => {
    skip(cannot, `no sandboxes: ${obstacle}`);
    for (const kind of ['carta', 'firefly']) {
      const id = await create(platform, { type: kind, image: `${host}/${kind}:latest` });
      await untilStatus(platform, id, 'Failed');
      expect(await events(platform, id)).toContain('install Podman or Docker');
    }
  });
});
