import { isRecord } from '@skaha/base/record.js';
import type { SessionKind, SessionStatus } from '@skaha/wire/kinds.js';
import { canonicalStatus } from '@skaha/wire/status.js';
import { parseCores, parseMemoryGiB, parseTime, presentText, round, snapGiB } from './quantity.js';

/** A session as its server describes it, in this library's units and types. */
export interface SessionInfo {
  /** 8 characters. For a desktop app, the id of its desktop. */
  id: string;
  /** Lower-case; not unique. */
  name: string;
  kind: SessionKind;
  status: SessionStatus;
  /** Full image reference as it was requested. */
  image?: string | undefined;
  /** User name of the owner. */
  userId?: string | undefined;
  /** Numeric user id the session runs as. */
  uid?: number | undefined;
  gid?: number | undefined;
  supplementalGroups: readonly number[];
  /** Desktop apps only. */
  appId?: string | undefined;
  /** Undefined until the session has started. */
  startTime?: Date | undefined;
  /** When the platform will end it. */
  expiryTime?: Date | undefined;
  /** Where to open it in a browser; it answers only while the session is `Running`. */
  connectUrl?: string | undefined;
  /** True if an exact amount of memory was requested; undefined on servers before 1.0. */
  fixedResources?: boolean | undefined;
  requested: SessionRequest;
  used: SessionUse;
  /**
   * What was missing or unreadable in the reply, as sentences. The library never substitutes values
   * for these.
   */
  anomalies: readonly string[];
  /** The unchanged reply, including fields that this library does not know. */
  raw: Readonly<Record<string, unknown>>;
}

/** The resources that a session requested. With flexible resources only the GPUs are known. */
export interface SessionRequest {
  cores?: number | undefined;
  memoryGiB?: number | undefined;
  gpus?: number | undefined;
}

/** The resources that a session is using, if the platform measures them. */
export interface SessionUse {
  cores?: number | undefined;
  memoryGiB?: number | undefined;
  /** Percent, 0 to 100; only servers before 1.0 send it. */
  gpuUtilization?: number | undefined;
  /** As sent, for example `2G / 16G`; only servers before 1.0 send it. */
  gpuMemory?: string | undefined;
}

/** What every user may see of another user's session. */
export interface PublicSession {
  userId: string;
  kind: SessionKind;
  status: SessionStatus;
  startTime?: Date | undefined;
  raw: Readonly<Record<string, unknown>>;
}

/**
 * Reads one session from a server's reply. It never fails: `anomalies` lists what is missing or
 * unreadable, and `raw` keeps unknown fields. It is for programs that keep whole replies and read
 * only the sessions they need.
 *
 * @param value - one element of the reply
 * @returns the session in this library's units and types
 * @example
 * ```ts
 * import { readSession } from 'skaha';
 *
 * const { status } = readSession({ id: 'ab12cd34', name: 'fit', type: 'headless', status: 'Running' });
 * console.log(status);
 * ```
 */
export function readSession(value: unknown): SessionInfo {
  const raw = isRecord(value) ? value : {};
  const anomalies: string[] = [];
  if (raw !== value) anomalies.push('The session is not an object.');
  const status = canonicalStatus(requiredText(raw['status'], 'status', anomalies));
  return {
    id: requiredText(raw['id'], 'id', anomalies),
    name: requiredText(raw['name'], 'name', anomalies),
    kind: requiredText(raw['type'], 'type', anomalies),
    status,
    image: text(raw['image'], 'image', anomalies),
    userId: text(raw['userid'], 'userid', anomalies),
    uid: quantity(raw['runAsUID'], 'runAsUID', anomalies, integer),
    gid: quantity(raw['runAsGID'], 'runAsGID', anomalies, integer),
    supplementalGroups: integers(raw['supplementalGroups'], 'supplementalGroups', anomalies),
    appId: text(raw['appid'], 'appid', anomalies),
    startTime: quantity(raw['startTime'], 'startTime', anomalies, parseTime),
    expiryTime: quantity(raw['expiryTime'], 'expiryTime', anomalies, parseTime),
    connectUrl: text(raw['connectURL'], 'connectURL', anomalies),
    fixedResources: flag(raw['isFixedResources'], 'isFixedResources', anomalies),
    requested: {
      cores: quantity(raw['requestedCPUCores'], 'requestedCPUCores', anomalies, parseCores),
      memoryGiB: quantity(raw['requestedRAM'], 'requestedRAM', anomalies, requestedMemory),
      gpus: quantity(raw['requestedGPUCores'], 'requestedGPUCores', anomalies, integer),
    },
    used: {
      cores: quantity(raw['cpuCoresInUse'], 'cpuCoresInUse', anomalies, parseCores),
      memoryGiB: quantity(raw['ramInUse'], 'ramInUse', anomalies, usedMemory),
      gpuUtilization: quantity(raw['gpuUtilization'], 'gpuUtilization', anomalies, percent),
      gpuMemory: gpuMemory(raw['gpuRAMInUse']),
    },
    anomalies: anomalies.length === 0 ? none : anomalies,
    raw,
  };
}

/**
 * Reads a public session, as `view=all` sends it.
 *
 * @param value - one element of the reply
 */
export function readPublicSession(value: unknown): PublicSession {
  const raw = isRecord(value) ? value : {};
  return {
    userId: presentText(raw['userid']) ?? '',
    kind: presentText(raw['type']) ?? '',
    status: canonicalStatus(presentText(raw['status']) ?? ''),
    startTime: parseTime(raw['startTime']),
    raw,
  };
}

const requestedMemory = (text: string) => mapped(parseMemoryGiB(text, 'binary'), snapGiB);
const usedMemory = (text: string) => mapped(parseMemoryGiB(text, 'binary'), (n) => round(n, 3));

const mapped = (value: number | undefined, change: (value: number) => number) =>
  value === undefined ? undefined : change(value);

function percent(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

function gpuMemory(value: unknown): string | undefined {
  const text = presentText(value);
  return text === undefined || /^<none>\s*\/\s*<none>$/.test(text) ? undefined : text;
}

/** One for all sessions, as nearly none has any. */
const none: readonly string[] = Object.freeze([]);

// Functions that are given the value: an object for each session, and looking fields up by a name
// that differs each time, would take half as long again for a list of thousands.

function text(value: unknown, name: string, anomalies: string[]): string | undefined {
  const present = presentText(value);
  if (present === undefined && value !== undefined && value !== null && typeof value !== 'string') {
    anomalies.push(`The field ${name} is not text.`);
  }
  return present;
}

function requiredText(value: unknown, name: string, anomalies: string[]): string {
  const present = text(value, name, anomalies);
  if (present === undefined) anomalies.push(`The field ${name} is missing.`);
  return present ?? '';
}

/** A field as a quantity; an unreadable one is noted and left out. */
function quantity<T>(
  value: unknown,
  name: string,
  anomalies: string[],
  parse: (text: string) => T | undefined,
): T | undefined {
  const present = text(value, name, anomalies);
  if (present === undefined) return undefined;
  const amount = parse(present);
  if (amount === undefined) anomalies.push(`The field ${name} cannot be read.`);
  return amount;
}

const integer = (text: string): number | undefined =>
  /^\d{1,15}$/.test(text) ? Number(text) : undefined;

function integers(value: unknown, name: string, anomalies: string[]): readonly number[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every(isInteger)) return value;
  anomalies.push(`The field ${name} is not a list of integers.`);
  return Array.isArray(value) ? value.filter(isInteger) : [];
}

const isInteger = (value: unknown): value is number => Number.isSafeInteger(value);

function flag(value: unknown, name: string, anomalies: string[]): boolean | undefined {
  if (typeof value === 'boolean' || value === undefined) return value;
  if (value === 'true' || value === 'false') return value === 'true';
  anomalies.push(`The field ${name} is neither true nor false.`);
  return undefined;
}
