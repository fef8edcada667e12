import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import type { Platform } from '../../src/types.js';
import { type Answer, type Method, type Sending, send, testPlatform } from '../fixtures.js';

export const authority = 'vos://cadc.nrc.ca~arc';
export const core = 'ivo://ivoa.net/vospace/core#';

/** Three users and a project that two of them share. */
export const shared = {
  runner: 'process',
  users: [{ name: 'bob', groups: ['team'] }, { name: 'carol' }],
  projects: [{ name: 'survey', users: ['adastra', 'bob'] }],
} as const;

export const storagePlatform = (config: object = {}) =>
  testPlatform({ config: { ...shared, ...config } as never });

/** A request to the storage service. */
export const arc = async (
  platform: Platform,
  method: Method,
  path: string,
  sending: Sending = {},
): Promise<Answer> => await send(platform, method, `/arc${path}`, sending);

export const tokenOf = (platform: Platform, user: string): string => {
  const found = platform.users.find(({ name }) => name === user)?.token;
  if (found === undefined) throw new Error(`no user ${user}`);
  return found;
};

/** Where a path of the storage is on the disk. */
export const onDisk = (platform: Platform, path: string): string =>
  join(platform.data, 'arc', path);

type Properties = Readonly<Record<string, string | null>>;

const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** The document of a node, as clients write it. */
export function nodeXml(path: string, type: string, properties: Properties = {}, target?: string) {
  const list = Object.entries(properties).map(([name, value]) => {
    const uri = escapeXml(name.includes(':') ? name : core + name);
    return value === null
      ? `<vos:property uri="${uri}" xsi:nil="true"/>`
      : `<vos:property uri="${uri}">${escapeXml(value)}</vos:property>`;
  });
  const link = target === undefined ? '' : `<vos:target>${escapeXml(target)}</vos:target>`;
  return `<vos:node xmlns:vos="http://www.ivoa.net/xml/VOSpace/v2.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="vos:${type}" uri="${escapeXml(authority + path)}" version="2.1"><vos:properties>${list.join('')}</vos:properties>${link}</vos:node>`;
}

export async function makeFolder(platform: Platform, path: string, sending: Sending = {}) {
  const body = nodeXml(path, 'ContainerNode');
  return await arc(platform, 'PUT', `/nodes${path}`, { ...sending, body });
}

export async function change(
  platform: Platform,
  path: string,
  type: string,
  properties: Properties,
  sending: Sending = {},
) {
  const body = nodeXml(path, type, properties);
  return await arc(platform, 'POST', `/nodes${path}`, { ...sending, body });
}

export async function put(
  platform: Platform,
  path: string,
  body: string | Buffer,
  sending: Sending = {},
): Promise<Answer> {
  return await arc(platform, 'PUT', `/files${path}`, { ...sending, body });
}

export const get = async (platform: Platform, path: string, sending: Sending = {}) =>
  await arc(platform, 'GET', `/files${path}`, sending);

/** A property in the document of a node: of the node itself, which comes before its children. */
export function property(document: string, name: string): string | undefined {
  const id = name.includes(':') ? name : core + name;
  const own = document.split('<vos:nodes>')[0] ?? '';
  return new RegExp(`uri="${id.replaceAll('.', '\\.')}"[^>]*>([^<]*)<`).exec(own)?.[1];
}

/** Names of the children in the document of a folder, as they are written there. */
export const childrenIn = (document: string): string[] =>
  [...document.matchAll(/<vos:node uri="([^"]*)"/g)].map(
    ([, uri = '']) => uri.split('/').at(-1) ?? '',
  );

export const md5 = (data: string | Buffer): string => createHash('md5').update(data).digest('hex');

/** The bytes of a file, however they look. */
export async function bytes(platform: Platform, path: string): Promise<Buffer> {
  return await new Promise((resolve, reject) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: platform.port,
      path: `/arc/files${path}`,
      agent: false,
      ca: readFileSync(platform.ca),
      headers: { authorization: `Bearer ${platform.token}` },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => resolve(Buffer.concat(chunks)));
    });
    outgoing.end();
  });
}
