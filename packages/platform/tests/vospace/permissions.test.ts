import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { send } from '../fixtures.js';
import {
  arc,
  change,
  childrenIn,
  get,
  makeFolder,
  nodeXml,
  onDisk,
  property,
  put,
  storagePlatform,
  tokenOf,
} from './set-up.js';

const home = '/home/adastra';
const group = (name: string) => `ivo://cadc.nrc.ca/gms?${name}`;

/** What each of a file's callers gets: owner, bob, carol, nobody. */
async function readers(platform: Platform, path: string): Promise<number[]> {
  const tokens = [platform.token, tokenOf(platform, 'bob'), tokenOf(platform, 'carol'), null];
  const replies = [];
  for (const token of tokens) replies.push((await get(platform, path, { token })).status);
  return replies;
}

test('a home is its owner’s alone', async () => {
  const platform = await storagePlatform();
  await put(platform, `${home}/f`, 'x');
  expect(await readers(platform, `${home}/f`)).toEqual([200, 403, 403, 401]);
  const bob = { token: tokenOf(platform, 'bob') };
  expect((await put(platform, `${home}/f`, 'y', bob)).body).toBe('PermissionDenied: /home/adastra');
  expect((await makeFolder(platform, `${home}/d`, bob)).status).toBe(403);
  expect((await arc(platform, 'DELETE', `/nodes${home}/f`, bob)).status).toBe(403);
  expect((await change(platform, home, 'ContainerNode', { ispublic: 'true' }, bob)).status).toBe(
    403,
  );
  expect(childrenIn((await arc(platform, 'GET', '/nodes/home', bob)).body)).toEqual(['bob']);
  expect(
    (await arc(platform, 'GET', '/nodes/home/adastra', { token: null })).headers[
      'www-authenticate'
    ],
  ).toContain('Bearer');
});

test('a certificate, a cookie and a token prove the same', async () => {
  const platform = await storagePlatform();
  await put(platform, `${home}/f`, 'x');
  const { certificate } = platform;
  expect((await get(platform, `${home}/f`, { certificate })).headers['x-vo-authenticated']).toBe(
    'adastra',
  );
  const password = readFileSync(platform.passwordFile ?? '', 'utf8').trim();
  const login = await send(platform, 'POST', '/ac/login', {
    token: null,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ username: 'adastra', password }).toString(),
  });
  const cookie = `CADC_SSO="${login.body.trim()}"`;
  expect((await get(platform, `${home}/f`, { token: null, headers: { cookie } })).status).toBe(200);
  // A page of another site has the cookie sent along, and must not change anything with it.
  const foreign = { token: null, headers: { cookie, 'sec-fetch-site': 'cross-site' } };
  const body = nodeXml(home, 'ContainerNode', { ispublic: 'true' });
  expect((await arc(platform, 'POST', `/nodes${home}`, { ...foreign, body })).status).toBe(403);
  expect((await get(platform, `${home}/f`, { token: 'wrong' })).status).toBe(401);
});

test('what is public is so for all, if the way to it is', async () => {
  const platform = await storagePlatform();
  await makeFolder(platform, `${home}/open`);
  await put(platform, `${home}/open/f`, 'x');
  await change(platform, `${home}/open/f`, 'DataNode', { ispublic: 'true' });
  expect(await readers(platform, `${home}/open/f`)).toEqual([200, 403, 403, 401]);
  await change(platform, `${home}/open`, 'ContainerNode', { ispublic: 'true' });
  await change(platform, home, 'ContainerNode', { ispublic: 'true' });
  expect(await readers(platform, `${home}/open/f`)).toEqual([200, 200, 200, 200]);
  await put(platform, `${home}/open/own`, 'x');
  writeFileSync(onDisk(platform, 'home/adastra/open/session'), 'x');
  expect(await readers(platform, `${home}/open/own`)).toEqual([200, 403, 403, 401]);
  expect(await readers(platform, `${home}/open/session`)).toEqual([200, 403, 403, 401]);
  expect((await put(platform, `${home}/open/f`, 'y', { token: null })).status).toBe(401);
  // New content does not change who may read it.
  await put(platform, `${home}/open/f`, 'new');
  expect(await readers(platform, `${home}/open/f`)).toEqual([200, 200, 200, 200]);
});

test('groups read and write as they are told to', async () => {
  const platform = await storagePlatform();
  const bob = { token: tokenOf(platform, 'bob') };
  const carol = { token: tokenOf(platform, 'carol') };
  await change(platform, home, 'ContainerNode', { ispublic: 'true' });
  await makeFolder(platform, `${home}/g`);
  await put(platform, `${home}/g/f`, 'x');
  await change(platform, `${home}/g`, 'ContainerNode', { groupread: group('team') });
  await change(platform, `${home}/g/f`, 'DataNode', { groupread: group('team') });
  expect(await readers(platform, `${home}/g/f`)).toEqual([200, 200, 403, 401]);
  expect((await put(platform, `${home}/g/f`, 'y', bob)).status).toBe(403);
  await change(platform, `${home}/g/f`, 'DataNode', {
    groupwrite: `${group('none')} ${group('team')}`,
  });
  expect((await put(platform, `${home}/g/f`, 'y', bob)).status).toBe(201);
  expect((await put(platform, `${home}/g/f`, 'y', carol)).status).toBe(403);
  expect((await put(platform, `${home}/g/new`, 'y', bob)).status).toBe(403);
  await change(platform, `${home}/g`, 'ContainerNode', { groupwrite: group('team') });
  expect((await put(platform, `${home}/g/new`, 'y', bob)).status).toBe(201);
  const told = (await arc(platform, 'GET', `/nodes${home}/g/new`, bob)).body;
  expect(property(told, 'creator')).toBe('cn=bob,ou=users,o=skaha,c=ca');
  const bad = await change(platform, `${home}/g`, 'ContainerNode', { groupread: 'team' });
  expect([bad.status, bad.body.split(':')[0]]).toEqual([400, 'InvalidArgument']);
  await change(platform, `${home}/g/f`, 'DataNode', { groupread: null, groupwrite: null });
  expect(await readers(platform, `${home}/g/f`)).toEqual([200, 403, 403, 401]);
});

test('a folder hands its permissions on when it says so', async () => {
  const platform = await storagePlatform();
  await change(platform, home, 'ContainerNode', { ispublic: 'true' });
  await makeFolder(platform, `${home}/h`);
  await change(platform, `${home}/h`, 'ContainerNode', {
    groupread: group('team'),
    'ivo://cadc.nrc.ca/vospace/core#inheritPermissions': 'true',
  });
  await makeFolder(platform, `${home}/h/inner`);
  await put(platform, `${home}/h/inner/f`, 'x');
  writeFileSync(onDisk(platform, 'home/adastra/h/inner/session'), 'x');
  expect(await readers(platform, `${home}/h/inner/f`)).toEqual([200, 200, 403, 401]);
  expect(await readers(platform, `${home}/h/inner/session`)).toEqual([200, 200, 403, 401]);
});

test('a project is its members’', async () => {
  const platform = await storagePlatform();
  const bob = { token: tokenOf(platform, 'bob') };
  expect((await put(platform, '/projects/survey/f', 'x', bob)).status).toBe(201);
  expect((await put(platform, '/projects/survey/f', 'y')).status).toBe(201);
  expect(await readers(platform, '/projects/survey/f')).toEqual([200, 200, 403, 401]);
  const told = (await arc(platform, 'GET', '/nodes/projects/survey')).body;
  expect(property(told, 'groupwrite')).toBe(group('survey'));
  const carol = { token: tokenOf(platform, 'carol') };
  expect(childrenIn((await arc(platform, 'GET', '/nodes/projects', carol)).body)).toEqual([]);
  expect((await arc(platform, 'GET', '/nodes/projects/other', carol)).status).toBe(404);
});

test('what is locked stays as it is until it is unlocked', async () => {
  const platform = await storagePlatform();
  const locked = 'ivo://cadc.nrc.ca/vospace/core#islocked';
  await put(platform, `${home}/f`, 'x');
  await change(platform, `${home}/f`, 'DataNode', { [locked]: 'true' });
  const refused = await put(platform, `${home}/f`, 'y');
  expect([refused.status, refused.body.split(':')[0]]).toEqual([423, 'NodeLocked']);
  expect((await arc(platform, 'DELETE', `/nodes${home}/f`)).status).toBe(423);
  expect((await change(platform, `${home}/f`, 'DataNode', { ispublic: 'true' })).status).toBe(423);
  await change(platform, `${home}/f`, 'DataNode', { [locked]: 'false' });
  expect((await put(platform, `${home}/f`, 'y')).status).toBe(201);
});

test('permissions go along with a file that a session renames, and not to what takes its name', async () => {
  const platform = await storagePlatform();
  await change(platform, home, 'ContainerNode', { ispublic: 'true' });
  await put(platform, `${home}/f`, 'x');
  await change(platform, `${home}/f`, 'DataNode', { ispublic: 'true' });
  renameSync(onDisk(platform, 'home/adastra/f'), onDisk(platform, 'home/adastra/g'));
  writeFileSync(onDisk(platform, 'home/adastra/f'), 'secret');
  expect(await readers(platform, `${home}/g`)).toEqual([200, 200, 200, 200]);
  expect(await readers(platform, `${home}/f`)).toEqual([200, 403, 403, 401]);
});
