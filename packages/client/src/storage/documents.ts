import { SkahaError } from '../errors/index.js';
import { parseTime } from '../models/quantity.js';
import { descendants, parseXml, type XmlElement } from '../models/xml.js';
import { baseName, nodeUri, parentPath, readNodeUri } from './paths.js';
import type { PropertyChanges, StorageKind, StorageNode } from './types.js';

const namespace = 'http://www.ivoa.net/xml/VOSpace/v2.0';
const core = 'ivo://ivoa.net/vospace/core#';
const cadcCore = 'ivo://cadc.nrc.ca/vospace/core#';
/** A page of 10,000 entries with a dozen properties each. */
const maximumElements = 400_000;
const reading = { maximumElements, subject: 'The answer of the storage service' };

/** An entry, and those in it that came along. */
export interface ReadNode {
  node: StorageNode;
  authority: string;
  children: readonly StorageNode[];
}

const invalid = (fault: string): SkahaError =>
  new SkahaError('response.invalid', `The answer of the storage service ${fault}.`, {
    hint: 'Check the address of the service; if it is right, contact its support.',
  });

const kinds: ReadonlyMap<string, StorageKind> = new Map([
  ['ContainerNode', 'folder'],
  ['DataNode', 'file'],
  ['StructuredDataNode', 'file'],
  ['UnstructuredDataNode', 'file'],
  ['LinkNode', 'link'],
]);

function kindOf(element: XmlElement): StorageKind {
  const type = element.attributes.get('type') ?? '';
  const kind = kinds.get(type.slice(type.indexOf(':') + 1));
  if (kind === undefined) throw invalid(`contains an unknown kind of entry (${type})`);
  return kind;
}

function propertiesOf(element: XmlElement): Record<string, string> {
  const found: Record<string, string> = Object.create(null);
  const list = element.children.find(({ name }) => name === 'properties')?.children ?? [];
  for (const { name, attributes, text } of list) {
    const uri = attributes.get('uri');
    if (name === 'property' && uri !== undefined && attributes.get('nil') !== 'true')
      found[uri] = text.trim();
  }
  return found;
}

const sizeOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text))
    ? Number(text)
    : undefined;

const md5Of = (text: string | undefined): string | undefined =>
  text !== undefined && /^[0-9a-f]{32}$/i.test(text) ? text.toLowerCase() : undefined;

/** `ivo://cadc.nrc.ca/gms?NAME` is the group NAME. */
const groupsOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(/\s+/)
    .filter((group) => group !== '' && group !== 'NONE')
    .map((group) => /^ivo:\/\/cadc\.nrc\.ca\/gms\?(.+)$/.exec(group)?.[1] ?? group);

/** Certificates name people by their common name. */
const ownerOf = (text: string | undefined): string | undefined =>
  text === undefined || text === '' ? undefined : (/(?:^|,)\s*CN=([^,]+)/i.exec(text)?.[1] ?? text);

function nodeFrom(element: XmlElement): { node: StorageNode; authority: string } {
  const uri = element.attributes.get('uri') ?? '';
  const place = readNodeUri(uri);
  if (place === undefined)
    throw invalid('identifies an entry by something that is not an identifier');
  const all = propertiesOf(element);
  const own = (name: string) => all[`${core}${name}`];
  const node: StorageNode = {
    path: place.path,
    name: baseName(place.path),
    kind: kindOf(element),
    sizeBytes: sizeOf(own('length')),
    modified: parseTime(own('mtime') ?? own('date')),
    md5: md5Of(own('MD5')),
    contentType: own('type') ?? own('contenttype'),
    owner: ownerOf(own('creator')),
    isPublic: own('ispublic') === 'true',
    groupsRead: groupsOf(own('groupread')),
    groupsWrite: groupsOf(own('groupwrite')),
    isLocked: all[`${cadcCore}islocked`] === 'true',
    quotaBytes: sizeOf(own('quota')),
    target: element.children.find(({ name }) => name === 'target')?.text.trim(),
    properties: all,
  };
  return { node, authority: place.authority };
}

/**
 * Reads the document about an entry.
 *
 * @param xml - as received
 * @param path - the entry that was asked for; its children must be right below it
 * @throws {SkahaError} `response.invalid`
 */
export function readNode(xml: string, path: string): ReadNode {
  const root = parseXml(xml, reading);
  if (root.name !== 'node') throw invalid('describes no entry');
  const { node, authority } = nodeFrom(root);
  if (node.path !== path) throw invalid('is about a different entry than requested');
  const list = root.children.find(({ name }) => name === 'nodes')?.children ?? [];
  const children = list
    .filter(({ name }) => name === 'node')
    .map((element) => {
      const child = nodeFrom(element);
      // What is not right below the folder could lead out of the place it is copied to.
      if (
        child.authority !== authority ||
        parentPath(child.node.path) !== path ||
        child.node.path === '/'
      )
        throw invalid('lists an entry that does not belong to the folder');
      return child.node;
    });
  return { node, authority, children };
}

const escaped = (text: string): string =>
  text.replace(/[<>&"']|[^\P{Cc}\t\n\r]/gu, (sign) =>
    /[<>&"']/.test(sign) ? `&#${sign.charCodeAt(0)};` : '',
  );

const groupUri = (group: string): string =>
  group.includes('://') ? group : `ivo://cadc.nrc.ca/gms?${group}`;

function propertyLines(changes: PropertyChanges): string[] {
  const { isPublic, groupsRead, groupsWrite, properties = {} } = changes;
  const all: [uri: string, value: string | null][] = Object.entries(properties);
  const groups = (list: readonly string[]) =>
    list.length === 0 ? null : list.map(groupUri).join(' ');
  if (isPublic !== undefined) all.push([`${core}ispublic`, String(isPublic)]);
  if (groupsRead !== undefined) all.push([`${core}groupread`, groups(groupsRead)]);
  if (groupsWrite !== undefined) all.push([`${core}groupwrite`, groups(groupsWrite)]);
  return all.map(([uri, value]) =>
    value === null
      ? `<vos:property uri="${escaped(uri)}" xsi:nil="true"/>`
      : `<vos:property uri="${escaped(uri)}">${escaped(value)}</vos:property>`,
  );
}

const types = { file: 'DataNode', folder: 'ContainerNode', link: 'LinkNode' } as const;

const attributes = `xmlns:vos="${namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"`;

/**
 * Writes the document by which an entry is made or changed.
 *
 * @param authority - of the service
 * @param node - its path and kind, and where a link leads
 * @param changes - its properties
 */
export function writeNode(
  authority: string,
  node: Pick<StorageNode, 'kind' | 'path'> & { target?: string | undefined },
  changes: PropertyChanges = {},
): string {
  const { kind, path, target } = node;
  const uri = escaped(nodeUri(authority, path));
  const busy = kind === 'file' ? ' busy="false"' : '';
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<vos:node ${attributes} version="2.1" xsi:type="vos:${types[kind]}" uri="${uri}"${busy}>`,
    // The schema wants a link's target behind its properties.
    `<vos:properties>${propertyLines(changes).join('')}</vos:properties>`,
    ...(kind === 'link' ? [`<vos:target>${escaped(target ?? '')}</vos:target>`] : []),
    ...(kind === 'folder' ? ['<vos:nodes/>'] : []),
    '</vos:node>',
  ].join('\n');
}

/** What a transfer is to do; for a move `direction` is the new place. */
export interface TransferDocument {
  target: string;
  direction: string;
  protocol?: 'httpsget' | 'httpsput' | undefined;
}

/** Writes a transfer document. */
export function writeTransfer({ target, direction, protocol }: TransferDocument): string {
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<vos:transfer ${attributes} version="2.1">`,
    `<vos:target>${escaped(target)}</vos:target>`,
    `<vos:direction>${escaped(direction)}</vos:direction>`,
    ...(protocol === undefined
      ? ['<vos:keepBytes>false</vos:keepBytes>']
      : [`<vos:protocol uri="${core}${protocol}"/>`]),
    '</vos:transfer>',
  ].join('\n');
}

/** An address for downloading or uploading the bytes of a file. */
export interface Endpoint {
  url: string;
  /** How it wants to know who asks; undefined for not at all. */
  method: string | undefined;
}

/** The places that a transfer document names, in its order. @throws {SkahaError} `response.invalid` */
export function readEndpoints(xml: string): Endpoint[] {
  const root = parseXml(xml, reading);
  return [...descendants(root, 'protocol')].flatMap((protocol) => {
    const url = protocol.children.find(({ name }) => name === 'endpoint')?.text.trim();
    const method = protocol.children.find(({ name }) => name === 'securityMethod');
    if (url === undefined || url === '') return [];
    return [{ url, method: method?.attributes.get('uri') ?? method?.attributes.get('standardID') }];
  });
}

/** How far a job of the service is. */
export interface JobState {
  /** In capitals: `PENDING`, `EXECUTING`, `COMPLETED`, `ERROR`, `ABORTED` and others. */
  phase: string;
  /** What went wrong. */
  message: string | undefined;
}

/** Reads the document about a job. @throws {SkahaError} `response.invalid` */
export function readJob(xml: string): JobState {
  const root = parseXml(xml, reading);
  const [phase] = descendants(root, 'phase');
  if (phase === undefined) throw invalid('describes no job');
  const [summary] = descendants(root, 'errorSummary');
  const message = summary?.children.find(({ name }) => name === 'message')?.text.trim();
  return { phase: phase.text.trim().toUpperCase(), message };
}

/** The addresses a service names in its capabilities, by what they are for. */
export function readServices(xml: string): Map<string, string> {
  const root = parseXml(xml, reading);
  const found = new Map<string, string>();
  for (const capability of descendants(root, 'capability')) {
    const id = capability.attributes.get('standardID')?.trim();
    const interfaces = capability.children.filter(({ name }) => name === 'interface');
    const chosen =
      interfaces.find(({ attributes: own }) => own.get('role') === 'std') ?? interfaces[0];
    const url = chosen?.children.find(({ name }) => name === 'accessURL')?.text.trim();
    if (id !== undefined && url !== undefined && !found.has(id)) found.set(id, url);
  }
  return found;
}
