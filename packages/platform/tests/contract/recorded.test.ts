import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { discard, openPlatform, roomy } from '../fixtures.js';
import { form, formType, type Method, type Target, targetOf, type Who } from './target.js';

// Answers that the real server gave, each with the version it was seen at. What depends on the
// place stands as a word in capitals; `recorded.test.ts` of the library reads the same table.

interface Recorded {
  readonly seen: string;
  readonly title: string;
  readonly method: Method;
  readonly path: string;
  readonly as?: Who;
  readonly fields?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly type?: string;
  /** The whole body, or how it begins. */
  readonly body?: string;
  readonly begins?: string;
  readonly lines?: 'several';
  readonly location?: string;
  readonly allow?: string;
  /** Why only the library is held against it. */
  readonly clientOnly?: string;
  /** Part of the header; null where there is none. */
  readonly server?: string | null;
}

const table = JSON.parse(
  readFileSync(new URL('recorded.json', import.meta.url), 'utf8'),
) as Recorded[];

const nobodys = 'zzzz9999';
const gid = 4321;
let platform: Platform | undefined;
let target: Target;

beforeAll(async () => {
  platform = await openPlatform({
    data: mkdtempSync(join(tmpdir(), 'skaha-recorded-')),
    port: 0,
    user: 'adastra',
    strict: true,
    config: { ...roomy, users: [{ name: 'adastra', uid: 1234, groups: [gid] }] },
  });
  target = targetOf(platform, { patienceMs: 25_000 });
});

afterAll(async () => {
  await target?.tidy();
  await platform?.stop();
  if (platform !== undefined) await discard(platform.data);
});

async function told(text: string): Promise<string> {
  const image = await target.image();
  return text
    .replaceAll('IMAGE', image)
    .replaceAll('PRIVATE', image.replace(/:.*$/, '-of-our-own:1'))
    .replaceAll('UID', '1234')
    .replaceAll('GID', String(gid))
    .replaceAll('NAME', 'adastra')
    .replaceAll('ID', nobodys);
}

async function asked({ method, path, as, fields, headers }: Recorded) {
  const values = await Promise.all(
    Object.entries(fields ?? {}).map(async ([name, value]) => [name, await told(value)] as const),
  );
  return await target.ask(method, await told(path), {
    as,
    headers: { ...(fields === undefined ? {} : formType), ...headers },
    body: fields === undefined ? undefined : form(Object.fromEntries(values)),
  });
}

test.each(table.filter(({ clientOnly }) => clientOnly === undefined))(
  '$seen: $title',
  async (recorded) => {
    const answer = target.keep(await asked(recorded));
    const { status, type, body, begins, lines, location, allow, server } = recorded;
    expect(answer.status, answer.body).toBe(status);
    expect(answer.headers['content-type']?.split(';')[0]).toBe(type);
    if (body === 'NEW\n') expect(answer.body).toMatch(/^[a-z][a-z0-9]{7}\n$/);
    else if (body !== undefined) expect(answer.body).toBe(await told(body));
    if (begins !== undefined) expect(answer.body.startsWith(begins), answer.body).toBe(true);
    if (lines === 'several') expect(answer.body.trimEnd().split('\n').length).toBeGreaterThan(1);
    if (location !== undefined) {
      const { pathname } = new URL(answer.headers.location ?? '', target.root);
      expect(pathname).toBe(location);
    }
    if (allow !== undefined) expect(answer.headers.allow).toBe(allow);
    if (server === null) expect(answer.headers.server).toBeUndefined();
    else if (server !== undefined) expect(answer.headers.server).toContain(server);
  },
);

test.each([
  ['renew with a slash at the end', '/', 'action=renew', ''],
  ['renew in capitals', '', '', 'action=RENEW'],
  ['renew in the query, with an empty form', '', 'action=renew', ''],
])('1.4.0: %s', async (_what, slash, query, body) => {
  const id = await target.create({ cmd: 'sleep', args: '60' });
  await target.until(id, 'Running');
  const path = `/v1/session/${id}${slash}${query === '' ? '' : `?${query}`}`;
  const answer = await target.ask('POST', path, { headers: formType, body });
  expect(answer).toMatchObject({ status: 200, body: '' });
});

test.each([
  ['-bad-', 'must match Kubernetes label value syntax'],
  ['a'.repeat(64), 'exceeds 63 characters'],
])('1.4.0: a renewal of %s, which can be no label', async (id, words) => {
  const body = 'action=renew';
  const answer = await target.ask('POST', `/v1/session/${id}`, { headers: formType, body });
  expect(answer).toMatchObject({ status: 400, body: `canfar.net/id label value ${words}\n` });
});

test('1.4.0: a line break in a variable reaches the session as a blank', async () => {
  const id = await target.create({
    cmd: 'env',
    env: ['ONE=first\n  second', 'TWO=first\n\nsecond'],
  });
  await target.until(id, 'Completed');
  const { body } = await target.get(`/v1/session/${id}?view=logs`);
  expect(body).toContain('\nONE=first second\n');
  expect(body).toContain('\nTWO=first\nsecond\n');
});

test('1.4.0: HOSTNAME is the name of the session', async () => {
  const id = await target.create({ name: 'stars', cmd: 'env' });
  await target.until(id, 'Completed');
  expect((await target.get(`/v1/session/${id}?view=logs`)).body).toContain('HOSTNAME=stars\n');
});

test('1.4.0: events of a deleted session are told until its processes are gone', async () => {
  const args = `-c trap%20''%20TERM;sleep%2030`.replaceAll('%20', '\t');
  const id = await target.create({ cmd: 'sh', args });
  await target.until(id, 'Running');
  await target.ask('DELETE', `/v1/session/${id}`);
  expect((await target.get(`/v1/session/${id}`)).status).toBe(404);
  const events = await target.get(`/v1/session/${id}?view=events`);
  expect(events.status).toBe(200);
  expect(events.body).toContain('Started');
});
