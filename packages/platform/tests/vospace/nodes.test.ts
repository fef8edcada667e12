import { lstatSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { send } from '../fixtures.js';
import {
  arc,
  authority,
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

test('the service names what it offers, and to whom', async () => {
  const platform = await storagePlatform();
  const { status, body } = await arc(platform, 'GET', '/capabilities', { token: null });
  expect(status).toBe(200);
  const offered = [...body.matchAll(/standardID="(ivo:\/\/ivoa\.net\/std\/VOSpace[^"]*)"/g)].map(
    ([, id]) => id,
  );
  expect(offered).toEqual([
    'ivo://ivoa.net/std/VOSpace/v2.0#nodes',
    'ivo://ivoa.net/std/VOSpace#files-proto',
    'ivo://ivoa.net/std/VOSpace#sync-2.1',
    'ivo://ivoa.net/std/VOSpace/v2.0#transfers',
    'ivo://ivoa.net/std/VOSpace#recursive-delete-proto',
    'ivo://ivoa.net/std/VOSpace#recursive-nodeprops-proto',
  ]);
  // Without a method for the two recursive ones only.
  expect(body.match(/<securityMethod\/>/g)).toHaveLength(4);
  expect(body.match(/sso#tls-with-certificate/g)).toHaveLength(6);
  const available = await arc(platform, 'GET', '/availability', { token: null });
  expect(available.body).toContain('<vosi:available>true</vosi:available>');
  const other = await arc(platform, 'PATCH', `/nodes${home}`);
  expect(other.status).toBe(405);
});

test('folders are made, told, and removed when they are empty', async () => {
  const platform = await storagePlatform();
  const made = await makeFolder(platform, `${home}/a`);
  expect(made.status).toBe(201);
  expect(made.body).toContain('xsi:type="vos:ContainerNode"');
  expect((await makeFolder(platform, `${home}/a/b`)).status).toBe(201);
  const again = await makeFolder(platform, `${home}/a`);
  expect([again.status, again.body]).toEqual([409, `DuplicateNode: ${home}/a`]);
  expect((await makeFolder(platform, `${home}/none/b`)).status).toBe(404);
  const full = await arc(platform, 'DELETE', `/nodes${home}/a`);
  expect([full.status, full.body.split(':')[0]]).toEqual([400, 'InvalidArgument']);
  expect((await arc(platform, 'DELETE', `/nodes${home}/a/b`)).status).toBe(204);
  expect((await arc(platform, 'DELETE', `/nodes${home}/a`)).status).toBe(204);
  const gone = await arc(platform, 'GET', `/nodes${home}/a`);
  expect([gone.status, gone.body.split(':')[0]]).toEqual([404, 'NodeNotFound']);
});

test('homes, projects and the root stay', async () => {
  const platform = await storagePlatform();
  for (const path of ['', '/home', '/home/adastra', '/projects/survey']) {
    expect((await arc(platform, 'DELETE', `/nodes${path}`)).status, path).toBe(403);
  }
  expect((await makeFolder(platform, '/home/eve')).status).toBe(403);
  expect((await makeFolder(platform, '/elsewhere')).status).toBe(403);
  mkdirSync(onDisk(platform, 'home/eve'));
  mkdirSync(onDisk(platform, 'hidden'));
  expect((await arc(platform, 'GET', '/nodes/home/eve')).status).toBe(404);
  expect(childrenIn((await arc(platform, 'GET', '/nodes')).body)).toEqual(['home', 'projects']);
  expect((await arc(platform, 'GET', '/nodes/.staging')).status).toBe(404);
});

test('a document has the order of elements that its schema wants', async () => {
  const platform = await storagePlatform();
  await put(platform, `${home}/f`, 'x');
  await arc(platform, 'PUT', `/nodes${home}/l`, {
    body: nodeXml(`${home}/l`, 'LinkNode', {}, `${authority}${home}/f`),
  });
  const { body, headers } = await arc(platform, 'GET', `/nodes${home}`);
  expect(headers['content-type']).toBe('text/xml');
  const shape = body
    .replace(/>[^<]*</g, '><')
    .replace(/<vos:property [^>]*><\/vos:property>/g, 'p');
  const node = (name: string, type: string, rest = '') =>
    `<vos:node uri="${authority}${home}/${name}" xsi:type="vos:${type}"${rest}><vos:properties>p+</vos:properties>`;
  expect(
    shape.replace(/p+/g, (word) => (/^p+$/.test(word) && word.length > 3 ? 'p+' : word)),
  ).toContain(
    `xsi:type="vos:ContainerNode"><vos:properties>p+</vos:properties><vos:nodes>` +
      `${node('f', 'DataNode', ' busy="false"')}</vos:node>` +
      `${node('l', 'LinkNode')}<vos:target></vos:target></vos:node></vos:nodes></vos:node>`,
  );
  expect(body).toContain(`<vos:target>${authority}${home}/f</vos:target>`);
  expect(body).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<vos:node [^>]*version="2.1"/);
});

test('a listing comes in pages that begin with the last child of the one before', async () => {
  const platform = await storagePlatform();
  mkdirSync(onDisk(platform, 'home/adastra/many'));
  const names = Array.from({ length: 300 }, (_, index) => `f${String(index).padStart(3, '0')}`);
  for (const name of [...names].reverse()) {
    writeFileSync(onDisk(platform, `home/adastra/many/${name}`), name);
  }
  const all = await arc(platform, 'GET', `/nodes${home}/many`);
  expect(childrenIn(all.body)).toEqual(names);
  const seen: string[] = [];
  for (let next = ''; ; ) {
    const cursor =
      next === '' ? '' : `&uri=${encodeURIComponent(`${authority}${home}/many/${next}`)}`;
    const page = childrenIn(
      (await arc(platform, 'GET', `/nodes${home}/many?limit=70${cursor}`)).body,
    );
    if (next !== '') expect(page[0]).toBe(next);
    seen.push(...page.slice(next === '' ? 0 : 1));
    if (page.length < 70) break;
    next = page.at(-1) ?? '';
  }
  expect(seen).toEqual(names);
  expect(childrenIn((await arc(platform, 'GET', `/nodes${home}/many?limit=0`)).body)).toEqual([]);
});

test('what a listing cannot be asked for is refused by its name', async () => {
  const platform = await storagePlatform();
  const cases: Record<string, [number, string]> = {
    'limit=-1': [400, 'InvalidArgument'],
    'limit=many': [400, 'InvalidArgument'],
    'sort=date': [400, 'OptionNotSupported'],
    'order=asc': [400, 'OptionNotSupported'],
    'detail=everything': [400, 'InvalidArgument'],
    'view=cutout': [400, 'ViewNotSupported'],
    [`uri=${authority}/home/bob/x`]: [400, 'InvalidArgument'],
    'uri=vos://example.org~arc/home/adastra/x': [400, 'InvalidURI'],
  };
  for (const [query, expected] of Object.entries(cases)) {
    const { status, body } = await arc(platform, 'GET', `/nodes${home}?${query}`);
    expect([status, body.split(':')[0]], query).toEqual(expected);
  }
  const data = await arc(platform, 'GET', `/nodes${home}/a%20b?view=data`);
  expect(data.status).toBe(303);
  expect(data.headers.location).toBe(
    `${platform.url.replace('/skaha', '')}/arc/files${home}/a%20b`,
  );
});

const odd: Record<string, string> = {
  'a space': 'a b',
  'a plus': 'a+b',
  'a percent': '100%',
  'what looks encoded': 'a%20b',
  'a hash': 'a#b',
  'a question': 'why?',
  'a colon': 'a:b',
  'signs of XML': `<&">'`,
  'another script': 'é☃𝄞',
  'a line feed': 'a\nb',
  'a dot before it': '.hidden',
  '255 bytes': 'x'.repeat(255),
};

test('names of all kinds go to the disk and back', async () => {
  const platform = await storagePlatform();
  for (const [kind, name] of Object.entries(odd)) {
    const path = `${home}/${encodeURIComponent(name)}`;
    expect((await put(platform, path, name)).status, kind).toBe(201);
    expect(readdirSync(onDisk(platform, 'home/adastra')), kind).toEqual([name]);
    const [listed = ''] = childrenIn((await arc(platform, 'GET', `/nodes${home}`)).body);
    const uri = listed.replaceAll('&amp;', '&');
    expect(decodeURIComponent(uri), kind).toBe(name);
    // As a client that takes the identifier for an address.
    const again = uri.replace(/[^\x21-\x7e]+/g, encodeURIComponent);
    expect((await arc(platform, 'GET', `/files${home}/${again}`)).body, kind).toBe(name);
    expect((await arc(platform, 'DELETE', `/nodes${path}`)).status, kind).toBe(204);
  }
});

test('names that lead elsewhere or that no disk keeps are refused', async () => {
  const platform = await storagePlatform();
  const long = 'x'.repeat(256);
  for (const name of ['..', '.', '%2e%2e', 'a%2Fb', 'a%00b', '%ff', long, 'a//b']) {
    const { status, body } = await put(platform, `${home}/${name}`, 'x');
    expect([status, body.split(':')[0]], name).toEqual([400, 'InvalidURI']);
  }
  expect(readdirSync(onDisk(platform, 'home/adastra'))).toEqual([]);
});

test('a document is about the node of its address', async () => {
  const platform = await storagePlatform();
  const put = async (body: string) => {
    const reply = await arc(platform, 'PUT', `/nodes${home}/a`, { body });
    return [reply.status, reply.body.split(':')[0]];
  };
  expect(await put(nodeXml(`${home}/b`, 'ContainerNode'))).toEqual([400, 'InvalidURI']);
  expect(await put(nodeXml(`${home}/a`, 'ContainerNode').replaceAll('~arc', '~vault'))).toEqual([
    400,
    'InvalidURI',
  ]);
  expect(await put(nodeXml(`${home}/a`, 'StrangeNode'))).toEqual([400, 'TypeNotSupported']);
  expect(await put('<node/>')).toEqual([400, 'InvalidArgument']);
  expect(await put('not xml')).toEqual([400, 'InvalidArgument']);
  expect(
    await put(`<!DOCTYPE x [<!ENTITY a "b">]>${nodeXml(`${home}/a`, 'ContainerNode')}`),
  ).toEqual([400, 'InvalidArgument']);
  expect(await put(`${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`)).toEqual([
    400,
    'InvalidArgument',
  ]);
  expect(await put('x'.repeat(2_000_000))).toEqual([413, 'RequestEntityTooLarge']);
  expect(readdirSync(onDisk(platform, 'home/adastra'))).toEqual([]);
});

test('properties are set, told and removed; what follows from the file is not', async () => {
  const platform = await storagePlatform();
  await put(platform, `${home}/f`, 'hello', { headers: { 'content-type': 'text/plain' } });
  const own = 'ivo://example.org/properties#colour';
  const set = await change(platform, `${home}/f`, 'DataNode', {
    [own]: 'a <red> one',
    length: '1',
    MD5: '00',
    creator: 'cn=mallory',
  });
  expect(set.status).toBe(200);
  const told = (await arc(platform, 'GET', `/nodes${home}/f`)).body;
  expect(property(told, own)).toBe('a &lt;red&gt; one');
  expect(property(told, 'length')).toBe('5');
  expect(property(told, 'MD5')).toBe('5d41402abc4b2a76b9719d911017c592');
  expect(property(told, 'creator')).toBe('cn=adastra,ou=users,o=skaha,c=ca');
  expect(property(told, 'type')).toBe('text/plain');
  await change(platform, `${home}/f`, 'DataNode', { [own]: null });
  expect(property((await arc(platform, 'GET', `/nodes${home}/f`)).body, own)).toBeUndefined();
  const other = await change(platform, `${home}/f`, 'ContainerNode', {});
  expect([other.status, other.body.split(':')[0]]).toEqual([400, 'InvalidArgument']);
  const min = (await arc(platform, 'GET', `/nodes${home}/f?detail=min`)).body;
  expect(min).toContain('<vos:properties></vos:properties>');
});

test('an empty file and a link are nodes that can be made', async () => {
  const platform = await storagePlatform();
  const file = await arc(platform, 'PUT', `/nodes${home}/f`, {
    body: nodeXml(`${home}/f`, 'DataNode'),
  });
  expect(file.status).toBe(201);
  await makeFolder(platform, `${home}/d`);
  const link = async (name: string, target: string) =>
    await arc(platform, 'PUT', `/nodes${home}/d/${name}`, {
      body: nodeXml(`${home}/d/${name}`, 'LinkNode', {}, target),
    });
  expect((await link('up', `${authority}${home}/f`)).status).toBe(201);
  // As sessions see it, it leads to the same place.
  expect(readlinkSync(onDisk(platform, 'home/adastra/d/up'))).toBe('../f');
  expect((await link('out', 'vos://example.org~arc/x')).status).toBe(400);
  expect((await link('page', 'https://example.org/')).status).toBe(400);
  const told = (await arc(platform, 'GET', `/nodes${home}/d/up`)).body;
  expect(told).toContain(`<vos:target>${authority}${home}/f</vos:target>`);
});

test.skipIf(process.getuid?.() !== 0)(
  'what is made below a platform of root belongs to the user, and its links do',
  async () => {
    const platform = await storagePlatform({ users: [{ name: 'bob', uid: 2345 }] });
    const bob = { token: tokenOf(platform, 'bob') };
    const base = '/home/bob';
    await put(platform, `${base}/file`, 'x', bob);
    await makeFolder(platform, `${base}/folder`, bob);
    await put(platform, `${base}/folder/large`, Buffer.alloc(2_000_000), bob);
    const made = async (name: string, type: string, target?: string) =>
      (
        await arc(platform, 'PUT', `/nodes${base}/${name}`, {
          ...bob,
          body: nodeXml(`${base}/${name}`, type, {}, target),
        })
      ).status;
    expect(await made('empty', 'DataNode')).toBe(201);
    expect(await made('link', 'LinkNode', `${authority}${base}/file`)).toBe(201);
    expect(await made('link', 'LinkNode', `${authority}${base}/file`)).toBe(409);
    for (const name of ['file', 'folder', 'folder/large', 'empty', 'link']) {
      const { uid, gid, nlink } = lstatSync(onDisk(platform, `home/bob/${name}`));
      expect([name, uid, gid]).toEqual([name, 2345, 2345]);
      if (name !== 'folder') expect(nlink).toBe(1);
    }
    expect((await get(platform, `${base}/link`, bob)).body).toBe('x');
    expect(readdirSync(onDisk(platform, '.staging'))).toEqual([]);
  },
);

test('the names of both registries lead to the same files', async () => {
  const platform = await storagePlatform();
  await put(platform, `${home}/f`, 'x');
  const { body } = await send(platform, 'GET', `/cavern/nodes${home}`);
  expect(body).toContain(`uri="vos://canfar.net~src~cavern${home}/f"`);
});
