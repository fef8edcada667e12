import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SkahaClient } from 'skaha';
import { jobStore } from 'skaha/batch/journal';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { breakOff } from '../../../../scripts/tests/broken-batch.js';
import type { Services } from '../../src/environment/deps.js';
import { systemServices } from '../../src/environment/services.js';
import { Interruption } from '../../src/exit.js';
import { type Result, sharedPlatform } from '../harness.js';

const image = 'images.canfar.net/skaha/terminal:1.1.2';
const shell = sharedPlatform({
  runner: 'process',
  config: { capacity: { cores: 64, memoryGiB: 64 } },
});
const folder = mkdtempSync(join(tmpdir(), 'skaha-cli-dashboard-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let ended: Promise<Result>;
let stop: AbortController;
let document: { url: string; origin: string; context: string | null; server: string };
let login: Record<string, string>;

/** Runs the command until the test ends it, and follows its link as a browser does. */
async function begin(more: readonly string[], services: Partial<Services> = {}): Promise<void> {
  stop = new AbortController();
  document = await new Promise((resolve, reject) => {
    ended = shell.skaha(['dashboard', '--no-open', '--json', ...more], {
      terminal: { signal: stop.signal },
      services: { jobs: async () => jobStore(join(folder, 'jobs')), ...services },
      onOut: (text) => {
        if (/\}\s*$/.test(text)) resolve(JSON.parse(text));
      },
    });
    ended.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
  const entered = await fetch(document.url, { redirect: 'manual' });
  const key = /#key=(.+)$/.exec(entered.headers.get('location') ?? '')?.[1] ?? '';
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  login = { cookie, 'x-skaha-dashboard': key };
}

beforeEach(() => begin([]));

afterEach(async () => {
  stop.abort(new Interruption('SIGINT'));
  await ended;
});

async function ask(path: string, body?: object) {
  const reply = await fetch(document.origin + path, {
    headers: login,
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  return { status: reply.status, text, json: () => JSON.parse(text) };
}

interface Batch {
  job: string;
  counts: Record<string, number>;
  working: boolean;
  items: { phase: string; id?: string; error?: { message: string } }[];
}

/** Looks at a batch until it is as wanted. */
async function until(job: string, isSo: (batch: Batch) => boolean): Promise<Batch> {
  for (let look = 0; look < 500; look += 1) {
    const batch: Batch = (await ask(`/dashboard/v1/batches/${job}`)).json();
    if (isSo(batch)) return batch;
    await pause(20);
  }
  throw new Error(`waited in vain for ${job}`);
}

describe('what it serves', () => {
  test('the platform, with a login that is in nothing it prints or sends', async () => {
    const made = await shell.skaha([
      'create',
      'headless',
      image,
      '-n',
      'seen',
      '-q',
      '--',
      'sleep',
      '60',
    ]);
    const listed = await ask('/skaha/v1/session');
    expect(listed.json().map(({ id }: { id: string }) => id)).toContain(made.stdout.trim());
    const me = (await ask('/dashboard/v1/me')).json();
    expect(me).toMatchObject({
      server: shell.platform.url,
      batches: true,
      storage: ['/storage/arc'],
    });
    const folder = await ask('/storage/arc/nodes/home/ada');
    expect(folder.status).toBe(200);
    for (const text of [listed.text, JSON.stringify(me), JSON.stringify(document), folder.text]) {
      expect(text).not.toContain(shell.platform.token);
    }
    await shell.skaha(['delete', '-y', 'seen']);
  });

  test('nothing to who has no login here', async () => {
    login = {};
    for (const path of ['/skaha/v1/session', '/dashboard/v1/me', '/dashboard/v1/batches']) {
      expect([path, (await ask(path)).status]).toEqual([path, 401]);
    }
    expect((await fetch(document.url, { redirect: 'manual' })).headers.get('location')).toBe(
      '/#spent',
    );
  });

  test('Ctrl-C ends it', async () => {
    stop.abort(new Interruption('SIGINT'));
    expect((await ended).status).toBe(0);
    await expect(fetch(document.origin)).rejects.toThrow();
  });
});

describe('a login that changes in another terminal', () => {
  const config = join(folder, 'config.yaml');
  const save = (token: string | undefined) => {
    const { url, ca } = shell.platform;
    const login = token === undefined ? {} : { own: { mode: 'token', access: token } };
    const here = token === undefined ? {} : { here: { server: 'here', credential: 'own' } };
    const known = {
      schema: 'skaha',
      version: 1,
      servers: { here: { url, ca } },
      credentials: login,
      contexts: here,
    };
    writeFileSync(
      config,
      JSON.stringify({ ...known, active: token === undefined ? null : 'here' }),
      {
        mode: 0o600,
      },
    );
  };
  const listed = () => ask('/skaha/v1/session');

  test('is used at once: refused, missing, and good again', async () => {
    stop.abort(new Interruption('SIGINT'));
    await ended;
    save('refused-by-everybody');
    await begin(['--config', config], { connect: systemServices({ env: {} }).connect });
    expect((await listed()).status).toBe(401);
    save(shell.platform.token);
    expect((await listed()).status).toBe(200);
    save(undefined);
    const missing = await listed();
    expect(missing.status).toBe(502);
    expect(missing.json().error).toMatchObject({
      code: expect.stringMatching(/^(authentication|config|context)\./),
      hint: expect.any(String),
    });
    save(shell.platform.token);
    expect((await listed()).status).toBe(200);
    expect((await ask('/dashboard/v1/me')).json()).toMatchObject({ name: 'here' });
    expect((await ask('/dashboard/v1/batches')).status).toBe(200);
  });
});

describe('batches', () => {
  test('launched with a journal; what failed says why, and is tried again', async () => {
    const rows = [{ WORD: 'true' }, { WORD: 'false' }];
    const spec = { name: 'pair', image, kind: 'headless', rows, cmd: 'grep' };
    const refused = (
      await ask('/dashboard/v1/batches', { spec: { ...spec, cmd: 'two words' } })
    ).json();
    expect(refused.error.code).toBe('request.invalid');
    // It finds its own row in its variables, or fails.
    const good = { ...spec, args: ['WORD=true', '/proc/self/environ'] };
    expect((await ask('/dashboard/v1/batches', { spec: good })).json()).toEqual({ job: 'pair' });
    const over = await until(
      'pair',
      ({ counts }) => counts['completed'] === 1 && counts['failed'] === 1,
    );
    expect(over.items[1]).toMatchObject({ phase: 'failed' });
    expect(over.items[1]?.error?.message).toMatch(/exit|status|code/i);
    const before = over.items[1]?.id;
    await ask('/dashboard/v1/batches/pair/resume', { failed: true });
    const again = await until(
      'pair',
      ({ items, working }) => !working && items[1]?.phase === 'failed' && items[1].id !== before,
    );
    expect(again.items[0]?.id).toBe(over.items[0]?.id);
    const all: { batches: Batch[] } = (await ask('/dashboard/v1/batches')).json();
    expect(all.batches.map(({ job }) => job)).toEqual(['pair']);
    await ask('/dashboard/v1/batches/pair/remove', {});
    expect((await ask('/dashboard/v1/batches/pair')).json().error.code).toBe('batch.not_found');
  });

  test('one that was broken off is resumed, and launches exactly what is missing', async () => {
    const { url, token, ca } = shell.platform;
    await using client = new SkahaClient({ url, token, ca });
    const journal = await jobStore(join(folder, 'jobs')).open('cut');
    const spec = { name: 'cut', image, cmd: 'sleep', args: ['60'], replicas: 5 };
    await breakOff(client, spec, journal, 2);
    await journal.close();
    const open = await until('cut', () => true);
    expect(open.counts).toMatchObject({ launched: 2, unanswered: 3 });
    await ask('/dashboard/v1/batches/cut/resume', {});
    const whole = await until('cut', ({ working }) => !working);
    expect(whole.counts).toEqual({ launched: 5 });
    const sessions = await client.sessions.fetch();
    const own = sessions.filter(({ name }) => name.startsWith('cut-'));
    expect(own.map(({ id }) => id).sort()).toEqual(whole.items.map(({ id }) => id).sort());
    await ask('/dashboard/v1/batches/cut/cancel', {});
    expect((await until('cut', () => true)).counts).toEqual({ removed: 5 });
  });
});
