import type { Attributes } from './attributes.js';
import { VospaceFault } from './fault.js';

const core = 'ivo://ivoa.net/vospace/core#';
const cadc = 'ivo://cadc.nrc.ca/vospace/core#';

/** Identifiers of the properties that have a meaning for the service. */
export const ids = {
  length: `${core}length`,
  date: `${core}date`,
  creator: `${core}creator`,
  type: `${core}type`,
  contentType: `${core}contenttype`,
  md5: `${core}MD5`,
  groupRead: `${core}groupread`,
  groupWrite: `${core}groupwrite`,
  isPublic: `${core}ispublic`,
  quota: `${core}quota`,
  contentDate: `${core}content-date`,
  encoding: `${core}encoding`,
  mtime: `${core}mtime`,
  isLocked: `${cadc}islocked`,
  readable: `${cadc}readable`,
  writable: `${cadc}writable`,
  inherit: `${cadc}inheritPermissions`,
} as const;

/** Properties that the service derives from the file; clients cannot set them. */
const computed: ReadonlySet<string> = new Set([
  ids.length,
  ids.date,
  ids.creator,
  ids.md5,
  ids.quota,
  ids.contentDate,
  ids.mtime,
  ids.readable,
  ids.writable,
]);

/** Properties that clients cannot set. */
export const isComputed = (id: string): boolean => computed.has(id);

const most = { properties: 64, bytes: 4096 } as const;

const groupPattern = /^ivo:\/\/[^\s?#/]+(?:\/[^\s?#]*)?\?[^\s?#]+$/;

function readGroups(value: string): string[] {
  const groups = value.split(/\s+/).filter((group) => group !== '');
  const bad = groups.find((group) => !groupPattern.test(group));
  if (bad !== undefined || groups.length > 32) {
    throw new VospaceFault('InvalidArgument', `not the identifier of a group: ${bad ?? value}`);
  }
  return groups;
}

function readFlag(id: string, value: string): boolean {
  if (/^(?:true|false)$/i.test(value.trim())) return value.trim().toLowerCase() === 'true';
  throw new VospaceFault('InvalidArgument', `${id} must be true or false`);
}

/** Permissions that are set on the node itself. */
export interface AccessChange {
  readonly isPublic?: boolean;
  readonly groupRead?: readonly string[];
  readonly groupWrite?: readonly string[];
  readonly inherit?: boolean;
  readonly locked?: boolean;
}

/** The changes that a client requests. */
export interface Changes {
  readonly access: AccessChange;
  /** A value of undefined removes the attribute. */
  readonly attributes: Pick<Attributes, 'type' | 'encoding'>;
  readonly others: ReadonlyMap<string, string | undefined>;
}

/**
 * Sorts the properties in a client's document. Computed ones are ignored, because clients send back
 * whole documents.
 *
 * @param properties - a value of undefined removes the property
 * @throws {VospaceFault} `InvalidArgument` for an invalid value
 */
export function readChanges(properties: ReadonlyMap<string, string | undefined>): Changes {
  const access: { -readonly [Key in keyof AccessChange]: AccessChange[Key] } = {};
  const attributes: { type?: string | undefined; encoding?: string | undefined } = {};
  const others = new Map<string, string | undefined>();
  for (const [id, value] of properties) {
    if (value !== undefined && Buffer.byteLength(value) > most.bytes) {
      throw new VospaceFault('InvalidArgument', `the value of ${id} is too long`);
    }
    if (id === ids.isPublic) access.isPublic = readFlag(id, value ?? 'false');
    else if (id === ids.inherit) access.inherit = readFlag(id, value ?? 'false');
    else if (id === ids.isLocked) access.locked = readFlag(id, value ?? 'false');
    else if (id === ids.groupRead) access.groupRead = readGroups(value ?? '');
    else if (id === ids.groupWrite) access.groupWrite = readGroups(value ?? '');
    else if (id === ids.type || id === ids.contentType) attributes.type = headerValue(id, value);
    else if (id === ids.encoding) attributes.encoding = headerValue(id, value);
    else if (!isComputed(id)) others.set(checkId(id), value);
  }
  return { access, attributes, others };
}

/** The value is used as a header of a reply, so it must not contain line breaks. */
export function headerValue(id: string, value: string | undefined): string | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  if (!/^[\x20-\x7e]{1,255}$/.test(value.trim())) {
    throw new VospaceFault('InvalidArgument', `not a value for ${id}`);
  }
  return value.trim();
}

function checkId(id: string): string {
  if (/^[A-Za-z][\w+.-]*:[^\s<>"]{1,500}$/.test(id)) return id;
  throw new VospaceFault('InvalidURI', 'a property has no identifier');
}

/**
 * The other properties of a node after a change.
 *
 * @throws {VospaceFault} `InvalidArgument` if there are too many
 */
export function mergeOthers(
  before: Readonly<Record<string, string>>,
  changes: ReadonlyMap<string, string | undefined>,
): Record<string, string> {
  const merged = new Map(Object.entries(before));
  for (const [id, value] of changes) {
    if (value === undefined) merged.delete(id);
    else merged.set(id, value);
  }
  if (merged.size > most.properties) {
    throw new VospaceFault('InvalidArgument', `more than ${most.properties} properties`);
  }
  return Object.fromEntries(merged);
}
