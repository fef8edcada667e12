import { execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Platform } from '../../src/types.js';
import { type Answer, discard, openPlatform, temporaryDirectory, until } from '../fixtures.js';
import {
  arc,
  authority,
  childrenIn,
  get,
  makeFolder,
  nodeXml,
  onDisk,
  property,
  put,
  shared,
  tokenOf,
} from './set-up.js';

// What a client may send and what a session may plant, against one platform that goes on.

const home = '/home/adastra';
const mebi = 1024 * 1024;
const form = { 'content-type': 'application/x-www-form-urlencoded' };
let platform: Platform;
let bob: { token: string };

beforeAll(async () => {
  const data = mkdtempSync(join(tmpdir(), 'skaha-hostile-'));
  const config = shared as never;
  platform = await openPlatform({ port: 0, user: 'adastra', runner: 'process', config, data });
  bob = { token: tokenOf(platform, 'bob') };
  await put(platform, '/home/bob/private', 'theirs', bob);
  await makeFolder(platform, '/home/bob/folder', bob);
  await put(platform, `${home}/own`, 'mine');
});

afterAll(async () => {
  // After all of that, and not only after one of it.
  expect((await get(platform, `${home}/own`)).body).toBe('mine');
  expect((await get(platform, '/home/bob/private', bob)).body).toBe('theirs');
  expect(readdirSync(onDisk(platform, '.staging'))).toEqual([]);
  await platform.stop();
  await discard(platform.data);
});

const own = (name: string) => onDisk(platform, `home/adastra/${name}`);
const faultIn = ({ status, body }: Answer) => [status, body.split(':')[0]];

const transferOf = (target: string, direction: string, inner = '') =>
  `<vos:transfer xmlns:vos="http://www.ivoa.net/xml/VOSpace/v2.0" version="2.1"><vos:target>${target}</vos:target><vos:direction>${direction}</vos:direction>${inner}</vos:transfer>`;
const byGet = '<vos:protocol uri="ivo://ivoa.net/vospace/core#httpsget"/>';
const byPut = '<vos:protocol uri="ivo://ivoa.net/vospace/core#httpsput"/>';
const moving = '<vos:keepBytes>false</vos:keepBytes>';

const localOf = (url: string | undefined): string => {
  const { pathname, search } = new URL(url ?? '');
  return pathname.replace(/^\/arc/, '') + search;
};

/** Runs a job to its end; what the service says of it, or of not making it. */
async function run(kind: string, body: string, headers: Record<string, string> = {}) {
  const made = await arc(platform, 'POST', `/${kind}?PHASE=RUN`, { headers, body });
  if (made.status !== 303) return faultIn(made).join(' ');
  const job = localOf(made.headers.location);
  return await until(async () => {
    const { body: document } = await arc(platform, 'GET', job);
    const words = /<uws:message>([^<:]*)/.exec(document)?.[1];
    if (words !== undefined) return words;
    const failed = /id="errorcount" xlink:href="final:(\d+)"/.exec(document)?.[1];
    if (!document.includes('>COMPLETED<')) return undefined;
    return failed === undefined ? 'COMPLETED' : `${failed} failed`;
  });
}

const removing = async (target: string) =>
  await run('async-delete', new URLSearchParams({ target }).toString(), form);

describe('documents', () => {
  const many = (count: number, what: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => what(index)).join('');
  const laughs = many(9, (n) => `<!ENTITY a${n + 1} "${`&a${n};`.repeat(10)}">`);
  const within = (inner: string) => transferOf(`${authority}${home}/own`, 'pullFromVoSpace', inner);
  const documents: Record<string, string | Buffer> = {
    'entities that grow': `<!DOCTYPE a [<!ENTITY a0 "ha">${laughs}]>${within('&a9;')}`,
    'an entity from outside': `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${within('&x;')}`,
    'a document type from outside': `<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">${within('')}`,
    'an entity that nobody declared': within('&secret;'),
    'deep nesting': '<a>'.repeat(100_000),
    'too many elements': within('<b/>'.repeat(100_000)),
    'too many attributes': `<a ${many(60_000, (n) => `a${n}="" `)}>`,
    'an attribute twice': '<a b="1" b="2"/>',
    'no end': within('').slice(0, -20),
    'two roots': `${within('')}<a/>`,
    'a zero': within('\0'),
    'no UTF-8': Buffer.concat([Buffer.from('<a>'), Buffer.from([0xff, 0xfe]), Buffer.from('</a>')]),
    'UTF-16': Buffer.from(`\ufeff${within('')}`, 'utf16le'),
    'text without end': `<a>${'x'.repeat(mebi - 10)}`,
    'another root': '<transfer xmlns="urn:other"/>',
    nothing: ' ',
  };
  const places = [
    ['PUT', `/nodes${home}/made`],
    ['POST', `/nodes${home}/own`],
    ['POST', '/synctrans'],
    ['POST', '/transfers'],
    ['POST', '/async-setprops'],
  ] as const;

  test.each(Object.entries(documents))('%s: refused everywhere', async (_name, body) => {
    for (const [method, path] of places) {
      const answer = await arc(platform, method, path, { body });
      expect([path, ...faultIn(answer)]).toEqual([path, 400, 'InvalidArgument']);
      expect(answer.body.length).toBeLessThan(1_000);
    }
    expect(existsSync(own('made'))).toBe(false);
  });
});

describe('what is somebody else’s', () => {
  const theirs = `${authority}/home/bob`;

  test('is neither removed, moved nor changed by jobs', async () => {
    const props = (path: string) => nodeXml(path, 'ContainerNode', { ispublic: 'true' });
    expect(await removing(`${theirs}/folder`)).toBe('PermissionDenied');
    expect(await removing(theirs)).toBe('PermissionDenied');
    expect(await removing(`${authority}/home`)).toBe('PermissionDenied');
    expect(await removing(authority)).toBe('PermissionDenied');
    expect(await run('async-setprops', props('/home/bob/folder'))).toBe('PermissionDenied');
    expect(await run('async-setprops', props('/home/bob'))).toBe('PermissionDenied');
    expect(await run('async-setprops', props('/home'))).toBe('PermissionDenied');
    for (const [from, to] of [
      ['/home/bob/private', `${home}/stolen`],
      [`${home}/own`, '/home/bob/planted'],
      [`${home}/own`, '/home/bob'],
      [`${home}/own`, '/home'],
      ['/home/bob', `${home}/bob`],
    ] as const) {
      const document = transferOf(authority + from, authority + to, moving);
      expect([from, to, await run('transfers', document)]).toEqual([from, to, 'PermissionDenied']);
    }
    expect(readdirSync(onDisk(platform, 'home/bob')).sort()).toEqual(['folder', 'private']);
  });

  test('gets no address', async () => {
    for (const [direction, protocol] of [
      ['pullFromVoSpace', byGet],
      ['pushToVoSpace', byPut],
    ] as const) {
      const body = transferOf(`${theirs}/private`, direction, protocol);
      for (const token of [platform.token, null]) {
        const { status } = await arc(platform, 'POST', '/synctrans', { body, token });
        expect([direction, status]).toEqual([direction, token === null ? 401 : 403]);
      }
      expect(await run('transfers', body)).toBe('PermissionDenied');
    }
  });

  test('jobs and their results are not there for others', async () => {
    const body = transferOf(`${theirs}/private`, 'pullFromVoSpace', byGet);
    const made = await arc(platform, 'POST', '/synctrans', { ...bob, body });
    const id = localOf(made.headers.location).split('/')[2];
    for (const path of [`/xfer/${id}`, `/transfers/${id}`, `/transfers/${id}/phase`]) {
      expect((await arc(platform, 'GET', path, bob)).status).toBe(200);
      expect((await arc(platform, 'GET', path)).status).toBe(404);
      expect((await arc(platform, 'GET', path, { token: null })).status).toBe(404);
    }
    for (const kind of ['async-delete', 'async-setprops']) {
      expect((await arc(platform, 'GET', `/${kind}/${id}`, bob)).status).toBe(404);
    }
    expect((await arc(platform, 'DELETE', `/transfers/${id}`)).status).toBe(404);
    expect((await arc(platform, 'GET', `/transfers/${id}`, bob)).status).toBe(200);
  });
});

test('directions, targets and protocols that make no sense are refused', async () => {
  const target = `${authority}${home}/own`;
  const wrong: [string, string][] = [
    [transferOf(target, 'pushFromVoSpace', byPut), '400 InvalidArgument'],
    [transferOf(target, 'pullToVoSpace', byGet), '400 InvalidArgument'],
    [transferOf(target, 'PULLFROMVOSPACE', byGet), '400 InvalidArgument'],
    [transferOf(target, '', byGet), '400 InvalidArgument'],
    [transferOf(target, '../../etc', byGet), '400 InvalidArgument'],
    [transferOf(target, 'pullFromVoSpace', byPut), '400 ProtocolNotSupported'],
    [transferOf(target, 'pushToVoSpace', byGet), '400 ProtocolNotSupported'],
    [transferOf('', 'pullFromVoSpace', byGet), '400 InvalidURI'],
    [transferOf('vos://elsewhere~arc/a/b/c', 'pullFromVoSpace', byGet), '400 InvalidURI'],
    [transferOf(`https://127.0.0.1${home}/own`, 'pullFromVoSpace', byGet), '400 InvalidURI'],
    [transferOf(`file://${home}/own`, 'pullFromVoSpace', byGet), '400 InvalidURI'],
    [transferOf(`${authority}${home}/../bob/private`, 'pullFromVoSpace', byGet), '400 InvalidURI'],
    [transferOf(`${authority}${home}/%2e%2e/bob`, 'pullFromVoSpace', byGet), '400 InvalidURI'],
    [transferOf(`${authority}${home}/a%2fb`, 'pullFromVoSpace', byGet), '400 InvalidURI'],
    [transferOf(`${authority}${home}/a%00b`, 'pushToVoSpace', byPut), '400 InvalidURI'],
    [transferOf(`${authority}${home}/%zz`, 'pushToVoSpace', byPut), '400 InvalidURI'],
    [transferOf(`${authority}${home}//own`, 'pullFromVoSpace', byGet), '400 InvalidURI'],
    [transferOf(`${target}?limit=1`, 'pullFromVoSpace', byGet), '400 InvalidURI'],
    [transferOf(authority, 'pullFromVoSpace', byGet), '400 InvalidArgument'],
    [transferOf(`${authority}${home}`, 'pushToVoSpace', byPut), '400 InvalidArgument'],
    [transferOf(`${target}/below`, 'pushToVoSpace', byPut), '404 NodeNotFound'],
    [
      transferOf(`${authority}${home}/${'x'.repeat(256)}`, 'pushToVoSpace', byPut),
      '400 InvalidURI',
    ],
  ];
  for (const [body, expected] of wrong) {
    const answer = await arc(platform, 'POST', '/synctrans', { body });
    expect([body, faultIn(answer).join(' ')]).toEqual([body, expected]);
  }
  const move = (to: string, inner = moving) => run('transfers', transferOf(target, to, inner));
  expect(await move(`${authority}${home}/copy`, '')).toBe('400 InvalidArgument');
  expect(await move('vos://elsewhere~arc/home/adastra/copy')).toBe('400 InvalidURI');
  expect(await move(`${authority}${home}/../bob/own`)).toBe('400 InvalidURI');
  expect(await removing('')).toBe('400 InvalidURI');
  expect(await removing(`${authority}${home}/..`)).toBe('400 InvalidURI');
  expect(await run('async-delete', '', form)).toBe('400 InvalidArgument');
});

test('a signed address is good for nothing but what it was signed for', async () => {
  await put(platform, `${home}/other`, 'other');
  const signed = async (direction: string, protocol: string, sending = {}) => {
    const target = `${authority}${home}/own`;
    const body = transferOf(target, direction, protocol);
    const made = await arc(platform, 'POST', '/synctrans', { body, ...sending });
    const { body: found } = await arc(
      platform,
      'GET',
      localOf(made.headers.location).replace(/^\/transfers\/(\w+).*/, '/xfer/$1'),
    );
    return /<vos:endpoint>([^<]*)/.exec(found)?.[1] ?? '';
  };
  const read = localOf(await signed('pullFromVoSpace', byGet));
  const write = localOf(await signed('pushToVoSpace', byPut));
  const [, said = '', sign = ''] = /preauth:(.*)\.([^./]*)\/home/.exec(read) ?? [];
  const [direction, expires] = said.split('.');
  const asBob = `${direction}.${expires}.${Buffer.from('bob').toString('base64url')}`;
  const altered = [
    read.replace('/own', '/other'),
    read.replace('/own', '/own/'.concat('x')),
    read.replace('/own', '/%6Fwn/..%2fother'),
    read.replace(home, '/home/bob').replace('/own', '/private'),
    read.replace(said, asBob).replace(home, '/home/bob').replace('/own', '/private'),
    read.replace(said, said.replace('read', 'write')),
    read.replace(`.${sign}`, ''),
    read.replace(sign, ''),
    read.replace(sign, `${sign.slice(0, -1)}${sign.endsWith('A') ? 'E' : 'A'}`),
    read.replace(String(expires), 'NaN'),
    `/files/preauth:${home}/own`,
    `/files${home}/own/${read.split('/')[2]}`,
    read.replace('/files/', `/files/${write.split('/')[2]}/`),
  ];
  for (const path of altered) {
    for (const method of ['GET', 'HEAD', 'PUT'] as const) {
      const body = method === 'PUT' ? { body: 'planted' } : {};
      const answer = await arc(platform, method, path, { token: null, ...body });
      expect([401, 403, 400], `${method} ${path}`).toContain(answer.status);
      expect(answer.body).not.toMatch(/theirs|mine/);
    }
  }
  // The direction, too, is what was signed, and whose it is does not come from who uses it.
  expect((await arc(platform, 'PUT', read, { token: null, body: 'planted' })).status).toBe(403);
  expect((await arc(platform, 'GET', write, { token: null })).status).toBe(403);
  expect((await arc(platform, 'HEAD', write, { token: null })).status).toBe(403);
  expect((await arc(platform, 'GET', `/nodes${read.slice(6)}`, { token: null })).status).not.toBe(
    200,
  );
  expect((await arc(platform, 'GET', read, bob)).body).toBe('mine');
  expect((await get(platform, `${home}/other`)).body).toBe('other');
  expect((await get(platform, `${home}/own`)).body).toBe('mine');
});

test('pipes, sockets and devices are there for nobody, and nobody waits for them', async () => {
  await makeFolder(platform, `${home}/odd`);
  execFileSync('mkfifo', [own('odd/pipe')]);
  const server = createServer().listen(own('odd/socket'));
  onTestFinished(() => void server.close());
  const names = ['pipe', 'socket'];
  // Only root can make one, and not everywhere.
  try {
    execFileSync('mknod', [own('odd/device'), 'c', '1', '5'], { stdio: 'ignore' });
    names.push('device');
  } catch {}
  symlinkSync('pipe', own('odd/link'));
  for (const name of [...names, 'link']) {
    const path = `${home}/odd/${name}`;
    const target = `${authority}${path}`;
    const expected = [400, 404];
    const answers = await Promise.all([
      get(platform, path),
      arc(platform, 'HEAD', `/files${path}`),
      put(platform, path, 'x'),
      arc(platform, 'POST', '/synctrans', { body: transferOf(target, 'pullFromVoSpace', byGet) }),
      arc(platform, 'POST', '/synctrans', { body: transferOf(target, 'pushToVoSpace', byPut) }),
    ]);
    for (const { status } of answers) expect(expected, name).toContain(status);
    if (name === 'link') continue;
    expect((await arc(platform, 'GET', `/nodes${path}`)).status).toBe(404);
    expect((await arc(platform, 'DELETE', `/nodes${path}`)).status).toBe(404);
    const move = transferOf(target, `${authority}${home}/moved`, moving);
    expect(await run('transfers', move)).toBe('NodeNotFound');
  }
  const listed = (await arc(platform, 'GET', `/nodes${home}/odd`)).body;
  expect(childrenIn(listed)).toEqual(['link']);
  const props = nodeXml(`${home}/odd`, 'ContainerNode', { ispublic: 'false' });
  expect(await run('async-setprops', props)).toBe('COMPLETED');
  expect(await removing(`${authority}${home}/odd`)).toBe('COMPLETED');
  expect(existsSync(own('odd'))).toBe(false);
});

test('a file with holes is told as long as it is, and read in parts', async () => {
  const huge = 2 ** 40;
  writeFileSync(own('holes'), '');
  truncateSync(own('holes'), huge);
  appendFileSync(own('holes'), 'end');
  const path = `${home}/holes`;
  const node = (await arc(platform, 'GET', `/nodes${path}`)).body;
  expect(property(node, 'length')).toBe(String(huge + 3));
  const headers = { range: `bytes=${huge}-` };
  expect((await get(platform, path, { headers })).body).toBe('end');
  const reading = await open(path);
  reading.destroy();
  expect(await removing(`${authority}${path}`)).toBe('COMPLETED');
});

/** The reply for a file, none of it read yet. */
async function open(path: string): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    request({
      host: '127.0.0.1',
      port: platform.port,
      path: `/arc/files${path}`,
      agent: false,
      ca: readFileSync(platform.ca),
      headers: { authorization: `Bearer ${platform.token}` },
    })
      .on('error', reject)
      .on('response', resolve)
      .end();
  });
}

/** How many bytes came; negative when the reply broke off. */
async function lengthOf(reply: IncomingMessage): Promise<number> {
  let size = 0;
  try {
    for await (const bytes of reply as AsyncIterable<Buffer>) size += bytes.length;
    return size;
  } catch {
    return -1;
  }
}

test('a file that grows is sent as long as it was, and one that shrinks breaks off', async () => {
  const size = 32 * mebi;
  writeFileSync(own('log'), Buffer.alloc(size));
  const growing = await open(`${home}/log`);
  appendFileSync(own('log'), 'more');
  expect(await lengthOf(growing)).toBe(size);
  const shrinking = await open(`${home}/log`);
  truncateSync(own('log'), 10);
  expect(await lengthOf(shrinking)).toBe(-1);
  const gone = await open(`${home}/own`);
  expect(await lengthOf(gone)).toBe(4);
  rmSync(own('log'));
});

test('a folder that is removed while it is told ends the list, not the server', async () => {
  mkdirSync(own('many'));
  for (let index = 0; index < 1_500; index += 1) writeFileSync(own(`many/${index}`), '');
  const list = async () => await arc(platform, 'GET', `/nodes${home}/many`);
  const listing = [list(), list()];
  const removed = removing(`${authority}${home}/many`);
  for (const { status, body } of await Promise.all(listing)) {
    expect([200, 404]).toContain(status);
    if (status === 200) expect(body.trimEnd()).toMatch(/<\/vos:node>$/);
  }
  expect(await removed).toBe('COMPLETED');
  expect((await list()).status).toBe(404);
});

// A session can exchange what is on the way for a link, or a file for a pipe, at any moment.
const swapper = `
import { renameSync } from 'node:fs';
const [home] = process.argv.slice(1);
process.send('ready');
const steps = [];
for (const name of ['way', 'file']) {
  steps.push([name, name + '-real'], [name + '-other', name], [name, name + '-other'], [name + '-real', name]);
}
for (;;) {
  for (const [one, other] of steps) {
    try { renameSync(home + '/' + one, home + '/' + other); } catch {}
  }
}
`;

test.skipIf(process.platform !== 'linux')(
  'jobs and signed addresses lead nobody out while a session exchanges what is on their way',
  async () => {
    const outside = temporaryDirectory();
    mkdirSync(join(outside, 'sub/deep'), { recursive: true });
    writeFileSync(join(outside, 'sub/f'), 'secret');
    writeFileSync(join(outside, 'sub/deep/f'), 'secret');
    await makeFolder(platform, `${home}/race`);
    const base = own('race');
    mkdirSync(join(base, 'way/sub'), { recursive: true });
    writeFileSync(join(base, 'way/sub/f'), 'inside');
    symlinkSync(outside, join(base, 'way-other'));
    writeFileSync(join(base, 'file'), 'inside');
    execFileSync('mkfifo', [join(base, 'file-other')]);
    const hostile = spawn(process.execPath, ['--input-type=module', '-e', swapper, base], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    onTestFinished(() => void hostile.kill('SIGKILL'));
    await new Promise((resolve) => hostile.once('message', resolve));
    const way = `${home}/race/way/sub`;
    const seen = new Set<string>();
    const address = async (path: string, direction: string, protocol: string) => {
      const body = transferOf(authority + path, direction, protocol);
      const asked = await arc(platform, 'POST', '/synctrans?', { body });
      seen.add(`${direction} ${asked.status}`);
      return asked;
    };
    for (let round = 0; round < 8; round += 1) {
      const props = nodeXml(`${home}/race`, 'ContainerNode', { ispublic: 'false' });
      const made = `${way}/made${round}`;
      const answers = await Promise.all([
        address(`${way}/f`, 'pullFromVoSpace', byGet),
        address(`${way}/f`, 'pushToVoSpace', byPut),
        address(`${home}/race/file`, 'pullFromVoSpace', byGet),
        get(platform, `${home}/race/file`),
        put(platform, `${home}/race/file`, 'inside'),
        arc(platform, 'HEAD', `/files${home}/race/file`),
        makeFolder(platform, made),
      ]);
      for (const { body } of answers) expect(body).not.toContain('secret');
      for (const { status } of answers) seen.add(String(status));
      const ends = await Promise.all([
        run(
          'transfers',
          transferOf(authority + made, `${authority}${home}/race/m${round}`, moving),
        ),
        run(
          'transfers',
          transferOf(`${authority}${way}/deep`, `${authority}${home}/race/s${round}`, moving),
        ),
        run('async-setprops', props),
        removing(`${authority}${way}/deep`),
        removing(`${authority}${made}`),
      ]);
      for (const end of ends) seen.add(end);
    }
    hostile.kill('SIGKILL');
    expect(readFileSync(join(outside, 'sub/f'), 'utf8')).toBe('secret');
    expect(readdirSync(join(outside, 'sub')).sort()).toEqual(['deep', 'f']);
    expect(readdirSync(join(outside, 'sub/deep'))).toEqual(['f']);
    // The way was there often enough to try both, and nothing went wrong inside the platform.
    expect([...seen]).toEqual(expect.arrayContaining(['pullFromVoSpace 303', '404', 'COMPLETED']));
    expect([...seen].filter((end) => /500|InternalFault/.test(end))).toEqual([]);
    expect(await removing(`${authority}${home}/race`)).toBe('COMPLETED');
  },
  120_000,
);
