import { checksumOf } from './attributes.js';
import { VospaceFault } from './fault.js';
import { type Path, readUri, uriOf } from './paths.js';
import { ids, isComputed } from './properties.js';
import type { Entry } from './tree.js';
import { child, childrenOf, type Element, escapeXml, readXml } from './xml.js';

/** The namespace of the documents, for version 2.1 too. */
export const namespace = 'http://www.ivoa.net/xml/VOSpace/v2.0';

/** What a client says about a node. */
export interface NodeRequest {
  readonly path: Path;
  readonly kind: 'container' | 'data' | 'link';
  /** A value of undefined means that the property is to be removed. */
  readonly properties: ReadonlyMap<string, string | undefined>;
  /** Where a link leads, as it was written. */
  readonly target: string | undefined;
}

const kinds: Readonly<Record<string, NodeRequest['kind']>> = {
  ContainerNode: 'container',
  DataNode: 'data',
  StructuredDataNode: 'data',
  UnstructuredDataNode: 'data',
  LinkNode: 'link',
};

/**
 * Reads the document of a node.
 *
 * @throws {VospaceFault} `InvalidArgument`, `InvalidURI`, `TypeNotSupported`
 */
export function readNode(bytes: Buffer, authority: string): NodeRequest {
  const root = readXml(bytes);
  if (root.name !== 'node' || root.namespace !== namespace) {
    throw new VospaceFault('InvalidArgument', 'the document does not describe a node');
  }
  const type = (root.attributes.get('type') ?? '').replace(/^.*:/, '');
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (kind === undefined) throw new VospaceFault('TypeNotSupported', `not a node type: ${type}`);
  return {
    path: readUri(root.attributes.get('uri') ?? '', authority),
    kind,
    properties: readProperties(root),
    target: child(root, 'target')?.text.trim(),
  };
}

function readProperties(root: Element): Map<string, string | undefined> {
  const list = child(root, 'properties');
  const all = list === undefined ? [] : childrenOf(list, 'property');
  return new Map(
    all.map(({ attributes, text }) => {
      const isNil = /^(?:true|1)$/.test(attributes.get('nil') ?? '');
      return [attributes.get('uri') ?? '', isNil ? undefined : text] as const;
    }),
  );
}

/** A node as a caller sees it. */
export interface NodeView {
  readonly entry: Entry;
  /** Where a link leads: the identifier of a node, or another address. */
  readonly target?: string | undefined;
  readonly isReadable: boolean;
  readonly isWritable: boolean;
  /** Quota of a home, in bytes. */
  readonly quota?: number | undefined;
  /** Size of a home, in bytes. */
  readonly used?: number | undefined;
}

/** How much of a node is described. */
export type Detail = 'min' | 'max' | 'properties';

const types = { container: 'ContainerNode', data: 'DataNode', link: 'LinkNode' } as const;

/** The canonical name of a user, as certificates have it. */
const creatorOf = (owner: string): string => `cn=${owner},ou=users,o=skaha,c=ca`;

const dateOf = (milliseconds: bigint): string =>
  new Date(Number(milliseconds)).toISOString().slice(0, -1);

function properties({ entry, ...view }: NodeView): (readonly [string, string])[] {
  const { access, attributes, stats, kind } = entry;
  const length = kind === 'data' ? String(stats.size) : view.used?.toString();
  const type = kind === 'data' ? (attributes.type ?? 'application/octet-stream') : undefined;
  const date = dateOf(stats.mtimeMs);
  const values: (readonly [string, string | undefined])[] = [
    [ids.length, length],
    [ids.date, date],
    [ids.mtime, date],
    [ids.creator, access.owner === '' ? undefined : creatorOf(access.owner)],
    [ids.type, type],
    [ids.contentType, type],
    [ids.encoding, attributes.encoding],
    [ids.md5, kind === 'data' ? checksumOf(attributes, stats) : undefined],
    [ids.groupRead, access.groupRead.join(' ') || undefined],
    [ids.groupWrite, access.groupWrite.join(' ') || undefined],
    [ids.isPublic, String(access.isPublic)],
    [ids.isLocked, access.locked ? 'true' : undefined],
    [ids.inherit, access.inherit ? 'true' : undefined],
    [ids.quota, view.quota?.toString()],
    [ids.readable, view.isReadable ? 'true' : undefined],
    [ids.writable, view.isWritable ? 'true' : undefined],
    ...Object.entries(attributes.others ?? {}),
  ];
  return values.flatMap(([id, value]) => (value === undefined ? [] : [[id, value] as const]));
}

const propertyStart = (id: string): string =>
  `<vos:property uri="${escapeXml(id)}" readOnly="${isComputed(id)}">`;

/** Prepared once: a listing of a very large folder uses them a million times. */
const usualStarts = new Map(Object.values(ids).map((id) => [id as string, propertyStart(id)]));

const propertyXml = ([id, value]: readonly [string, string]): string =>
  `${usualStarts.get(id) ?? propertyStart(id)}${escapeXml(value)}</vos:property>`;

/** The start of a node up to its children, and its end. */
function frame(view: NodeView, authority: string, detail: Detail, root: string): [string, string] {
  const { entry, target } = view;
  const kind = entry.kind === 'other' ? 'data' : entry.kind;
  const busy = kind === 'data' ? ' busy="false"' : '';
  const uri = escapeXml(uriOf(authority, entry.path));
  const list = detail === 'min' ? '' : properties(view).map(propertyXml).join('');
  const open = `<vos:node${root} uri="${uri}" xsi:type="vos:${types[kind]}"${busy}><vos:properties>${list}</vos:properties>`;
  if (kind === 'container') return [`${open}<vos:nodes>`, '</vos:nodes></vos:node>'];
  const link = kind === 'link' ? `<vos:target>${escapeXml(target ?? '')}</vos:target>` : '';
  return [`${open}${link}</vos:node>`, ''];
}

const rootAttributes = ` xmlns:vos="${namespace}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="2.1"`;

/** How nodes are described. */
export interface DescriptionOptions {
  readonly authority: string;
  readonly detail: Detail;
}

/** A whole document in two parts; the children of a folder go between them. */
export function nodeDocument(
  view: NodeView,
  { authority, detail }: DescriptionOptions,
): [string, string] {
  const [open, close] = frame(view, authority, detail, rootAttributes);
  return [`<?xml version="1.0" encoding="UTF-8"?>\n${open}`, `${close}\n`];
}

/** A child in the document of its folder, without its own children. */
export const childXml = (view: NodeView, { authority, detail }: DescriptionOptions): string =>
  frame(view, authority, detail, '').join('');
