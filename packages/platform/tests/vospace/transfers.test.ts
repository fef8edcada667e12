import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import type { Platform } from '../../src/types.js';
import { testPlatform, until } from '../fixtures.js';
import {
  arc,
  authority,
  change,
  get,
  makeFolder,
  nodeXml,
  onDisk,
  property,
  put,
  shared,
  storagePlatform,
  tokenOf,
} from './set-up.js';

const home = '/home/adastra';
const core = 'ivo://ivoa.net/vospace/core#';
const form = { 'content-type': 'application/x-www-form-urlencoded' };

const transferXml = (path: string, direction: string, inner: string) =>
  `<vos:transfer xmlns:vos="http://www.ivoa.net/xml/VOSpace/v2.0" version="2.1"><vos:target>${authority}${path}</vos:target><vos:direction>${direction}</vos:direction>${inner}</vos:transfer>`;

const protocol = (name: string, method?: string) =>
  method === undefined
    ? `<vos:protocol uri="${core}${name}"/>`
    : `<vos:protocol uri="${core}${name}"><vos:securityMethod uri="ivo://ivoa.net/sso#${method}"/></vos:protocol>`;

const pathOf = (url: string | undefined): string =>
  new URL(url ?? '').pathname.replace(/^\/arc/, '') + new URL(url ?? '').search;

/** Follows a transfer from its request to its document. */
async function negotiate(platform: Platform, body: string, token = platform.token) {
  const asked = await arc(platform, 'POST', '/synctrans', { body, token });
  if (asked.status !== 303) return { status: asked.status, document: asked.body, endpoints: [] };
  const details = await arc(platform, 'GET', pathOf(asked.headers.location), { token });
  expect(pathOf(asked.headers.location)).toMatch(/^\/transfers\/\w+\/results\/transferDetails$/);
  expect([details.status, pathOf(details.headers.location)]).toEqual([
    303,
    expect.stringMatching(/^\/xfer\/\w+$/),
  ]);
  const job = pathOf(details.headers.location).replace('xfer', 'transfers');
  expect((await arc(platform, 'GET', `${job}/phase`, { token })).body).toBe('COMPLETED');
  const { status, body: document } = await arc(platform, 'GET', pathOf(details.headers.location), {
    token,
  });
  const endpoints = [...document.matchAll(/<vos:endpoint>([^<]*)</g)].map(([, url]) => pathOf(url));
  return { status, document, endpoints, job };
}

test('a transfer is negotiated, and its addresses work without a credential', async () => {
  const platform = await storagePlatform();
  const path = `${home}/a%20b%2Bc`;
  const push = transferXml(
    path,
    'pushToVoSpace',
    protocol('httpsput', 'tls-with-certificate') + protocol('httpsput'),
  );
  const up = await negotiate(platform, push);
  expect(up.endpoints).toHaveLength(2);
  expect(up.endpoints[0]).toBe(`/files${path}`);
  expect(up.document).toMatch(
    /<vos:protocol uri="[^"]*#httpsput"><vos:endpoint>[^<]*<\/vos:endpoint><vos:securityMethod uri="ivo:\/\/ivoa.net\/sso#tls-with-certificate"\/><\/vos:protocol>/,
  );
  const signed = up.endpoints[1] ?? '';
  expect(signed).toMatch(/^\/files\/preauth:[^/]+\/home\/adastra\/a%20b%2Bc$/);
  expect((await arc(platform, 'PUT', signed, { token: null, body: 'hello' })).status).toBe(201);
  expect(readFileSync(onDisk(platform, 'home/adastra/a b+c'), 'utf8')).toBe('hello');
  const down = await negotiate(
    platform,
    transferXml(path, 'pullFromVoSpace', protocol('httpsget')),
  );
  expect(down.endpoints).toEqual([expect.stringMatching(/preauth:/), `/files${path}`]);
  expect((await arc(platform, 'GET', down.endpoints[0] ?? '', { token: null })).body).toBe('hello');
  expect((await arc(platform, 'HEAD', down.endpoints[0] ?? '', { token: null })).status).toBe(200);
});

test('the address of the bytes is had at once by parameters', async () => {
  const platform = await storagePlatform();
  await put(platform, `${home}/f`, 'hello');
  const query = new URLSearchParams({
    TARGET: `${authority}${home}/f`,
    DIRECTION: 'pullFromVoSpace',
    PROTOCOL: `${core}httpsget`,
    SECURITYMETHOD: 'ivo://ivoa.net/sso#token',
    REQUEST: 'redirect',
  });
  const asked = await arc(platform, 'POST', `/synctrans?${query}`);
  expect(asked.status).toBe(303);
  expect(pathOf(asked.headers.location)).toMatch(/^\/files\/preauth:/);
  expect((await arc(platform, 'GET', pathOf(asked.headers.location), { token: null })).body).toBe(
    'hello',
  );
  const posted = await arc(platform, 'POST', '/synctrans', {
    headers: form,
    body: query.toString(),
  });
  expect(pathOf(posted.headers.location)).toMatch(/^\/files\/preauth:/);
});

test('a transfer that cannot be is refused at once', async () => {
  const platform = await storagePlatform();
  await makeFolder(platform, `${home}/d`);
  await put(platform, `${home}/f`, 'x');
  const get = protocol('httpsget');
  const cases: [string, number, string][] = [
    [transferXml(`${home}/none`, 'pullFromVoSpace', get), 404, 'NodeNotFound'],
    [transferXml(`${home}/d`, 'pullFromVoSpace', get), 400, 'InvalidArgument'],
    [transferXml('/home/bob/f', 'pullFromVoSpace', get), 403, 'PermissionDenied'],
    [transferXml('/home/bob/f', 'pushToVoSpace', protocol('httpsput')), 403, 'PermissionDenied'],
    [transferXml(`${home}/d`, 'pushToVoSpace', protocol('httpsput')), 400, 'InvalidArgument'],
    [
      transferXml(`${home}/f`, 'pullFromVoSpace', protocol('httpsput')),
      400,
      'ProtocolNotSupported',
    ],
    [
      transferXml(`${home}/f`, 'pullFromVoSpace', protocol('httpsget', 'BasicAA')),
      400,
      'ProtocolNotSupported',
    ],
    [transferXml(`${home}/f`, 'pushFromVoSpace', get), 400, 'InvalidArgument'],
    ['<transfer/>', 400, 'InvalidArgument'],
  ];
  for (const [body, status, fault] of cases) {
    const found = await negotiate(platform, body);
    expect([found.status, found.document.split(':')[0]]).toEqual([status, fault]);
  }
});

test('a signed address is for one path, one direction and a short while, and in no log', async () => {
  const clock = new ManualClock();
  const platform = await testPlatform({ config: shared as never, clock });
  await put(platform, `${home}/f`, 'x');
  await put(platform, `${home}/g`, 'x');
  const found = await negotiate(
    platform,
    transferXml(`${home}/f`, 'pullFromVoSpace', protocol('httpsget')),
  );
  const [address = ''] = found.endpoints;
  const answer = async (path: string, method: 'GET' | 'PUT' = 'GET') =>
    (await arc(platform, method, path, { token: null, ...(method === 'PUT' ? { body: 'y' } : {}) }))
      .status;
  expect(await answer(address)).toBe(200);
  expect(await answer(address.replace(/f$/, 'g'))).toBe(401);
  expect(await answer(address, 'PUT')).toBe(403);
  expect(await answer(address.replace('preauth:read', 'preauth:write'), 'PUT')).toBe(401);
  const [, said = ''] = /preauth:([^/]*)\//.exec(address) ?? [];
  expect(await answer(address.replace(/\.\d+\./, '.99999999999999.'))).toBe(401);
  await clock.advance(16 * 60_000);
  expect(await answer(address)).toBe(401);
  expect(said.length).toBeGreaterThan(40);
  expect(JSON.stringify(platform.requests)).not.toContain(said);
  expect(JSON.stringify(platform.requests)).toContain('preauth:…');
  expect(await answer(address.replace('preauth:', 'preauth%3A'))).toBe(401);
  expect(JSON.stringify(platform.requests)).not.toContain(said);
});

test('a node is moved by a job, which waits to be told to run', async () => {
  const platform = await storagePlatform();
  await makeFolder(platform, `${home}/d`);
  await put(platform, `${home}/f`, 'x');
  await change(platform, `${home}/f`, 'DataNode', { ispublic: 'true' });
  const move = async (from: string, to: string) => {
    const body = transferXml(from, authority + to, '<vos:keepBytes>false</vos:keepBytes>');
    const made = await arc(platform, 'POST', '/transfers', { body });
    expect(made.status, made.body).toBe(303);
    const job = pathOf(made.headers.location);
    expect((await arc(platform, 'GET', `${job}/phase`)).body).toBe('PENDING');
    const run = await arc(platform, 'POST', `${job}/phase`, { headers: form, body: 'PHASE=RUN' });
    expect([run.status, pathOf(run.headers.location)]).toEqual([303, job]);
    const waited = (await arc(platform, 'GET', `${job}?WAIT=20&PHASE=QUEUED`)).body;
    expect(waited).toMatch(/<uws:phase>(?:EXECUTING|COMPLETED|ERROR)</);
    await until(async () =>
      /COMPLETED|ERROR/.test((await arc(platform, 'GET', `${job}/phase`)).body),
    );
    const document = (await arc(platform, 'GET', job)).body;
    return /<uws:message>([^<]*)</.exec(document)?.[1] ?? /<uws:phase>(\w+)/.exec(document)?.[1];
  };
  expect(await move(`${home}/f`, `${home}/d/g`)).toBe('COMPLETED');
  expect(property((await arc(platform, 'GET', `/nodes${home}/d/g`)).body, 'ispublic')).toBe('true');
  expect(existsSync(onDisk(platform, 'home/adastra/f'))).toBe(false);
  await put(platform, `${home}/f`, 'new');
  // Into a folder that is there.
  expect(await move(`${home}/f`, `${home}/d`)).toBe('COMPLETED');
  expect((await get(platform, `${home}/d/f`)).body).toBe('new');
  expect(await move(`${home}/d/f`, `${home}/d/g`)).toMatch(/^DuplicateNode/);
  expect(await move(`${home}/none`, `${home}/x`)).toMatch(/^NodeNotFound/);
  expect(await move(`${home}/d`, `${home}/d/inside`)).toMatch(/^InvalidArgument/);
  expect(await move(`${home}/d`, '/home/bob/d')).toMatch(/^PermissionDenied/);
  expect(await move(home, `/projects/survey/home`)).toMatch(/^PermissionDenied/);
  expect(await move(`${home}/d`, '/projects/survey/d')).toBe('COMPLETED');
});

test('jobs are their owner’s, and can be ended and forgotten', async () => {
  const platform = await storagePlatform();
  await makeFolder(platform, `${home}/d`);
  const bob = { token: tokenOf(platform, 'bob') };
  const body = new URLSearchParams({ target: `${authority}${home}/d` }).toString();
  const nobody = await arc(platform, 'POST', '/async-delete', { token: null, headers: form, body });
  expect(nobody.status).toBe(401);
  const made = await arc(platform, 'POST', '/async-delete', { headers: form, body });
  const job = pathOf(made.headers.location);
  expect((await arc(platform, 'GET', job, bob)).status).toBe(404);
  expect((await arc(platform, 'POST', `${job}/phase`, { ...bob, body: 'PHASE=RUN' })).status).toBe(
    404,
  );
  expect((await arc(platform, 'GET', '/async-delete')).body).toContain(job.split('/').at(-1));
  expect((await arc(platform, 'GET', '/async-delete', bob)).body).not.toContain('jobref');
  await arc(platform, 'POST', `${job}/phase`, { body: 'PHASE=ABORT' });
  expect((await arc(platform, 'GET', `${job}/phase`)).body).toBe('ABORTED');
  await arc(platform, 'POST', `${job}/phase`, { body: 'PHASE=RUN' });
  expect(existsSync(onDisk(platform, 'home/adastra/d'))).toBe(true);
  expect((await arc(platform, 'DELETE', job)).status).toBe(303);
  expect((await arc(platform, 'GET', job)).status).toBe(404);
  // Somebody else's folder is not removed, whoever asks.
  const theirs = await arc(platform, 'POST', '/async-delete?PHASE=RUN', {
    ...bob,
    headers: form,
    body,
  });
  const phase = await until(async () => {
    const found = (await arc(platform, 'GET', `${pathOf(theirs.headers.location)}/phase`, bob))
      .body;
    return /ERROR|COMPLETED/.test(found) ? found : undefined;
  });
  expect(phase).toBe('ERROR');
  expect(existsSync(onDisk(platform, 'home/adastra/d'))).toBe(true);
});

test('properties of a whole tree are changed by a job, which counts', async () => {
  const platform = await storagePlatform();
  for (const path of ['d', 'd/e']) await makeFolder(platform, `${home}/${path}`);
  for (const path of ['d/1', 'd/e/2']) await put(platform, `${home}/${path}`, 'x');
  const made = await arc(platform, 'POST', '/async-setprops', {
    body: nodeXml(`${home}/d`, 'ContainerNode', { ispublic: 'true' }),
  });
  const job = pathOf(made.headers.location);
  await arc(platform, 'POST', `${job}/phase`, { body: 'PHASE=RUN' });
  await until(async () => (await arc(platform, 'GET', `${job}/phase`)).body === 'COMPLETED');
  const results = (await arc(platform, 'GET', `${job}/results`)).body;
  expect(results).toContain('id="successcount" xlink:href="final:4"');
  expect(results).not.toContain('errorcount');
  for (const path of ['d', 'd/e', 'd/1', 'd/e/2']) {
    const node = (await arc(platform, 'GET', `/nodes${home}/${path}`)).body;
    expect(property(node, 'ispublic'), path).toBe('true');
  }
});
