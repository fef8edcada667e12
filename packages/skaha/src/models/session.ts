import type { SessionKind, SessionStatus } from './kinds.js';
import { parseCores, parseMemoryGiB, parseTime, presentText, round, snapGiB } from './quantity.js';
import { canonicalStatus } from './status.js';

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
  /** Undefined until the session started. */
  startTime?: Date | undefined;
  /** When the platform will end it. */
  expiryTime?: Date | undefined;
  /** Where to open it in a browser; it answers only while the session is `Running`. */
  connectUrl?: string | undefined;
  /** True when an exact amount of memory was asked for; undefined on servers before 1.0. */
  fixedResources?: boolean | undefined;
  requested: SessionRequest;
  used: SessionUse;
  /** What was missing or unreadable in the reply, in words. Nothing is ever invented instead. */
  anomalies: readonly string[];
  /** The reply as it came, with every field this library does not know. */
  raw: Readonly<Record<string, unknown>>;
}

/** Resources a session asked for. With flexible resources only the GPUs are known. */
export interface SessionRequest {
  cores?: number | undefined;
  memoryGiB?: number | undefined;
  gpus?: number | undefined;
}

/** Resources a session uses right now, where the platform measures them. */
export interface SessionUse {
  cores?: number | undefined;
  memoryGiB?: number | undefined;
  /** Percent, 0 to 100; only servers before 1.0 send it. */
  gpuUtilization?: number | undefined;
  /** As sent, for example `2G / 16G`; only servers before 1.0 send it. */
  gpuMemory?: string | undefined;
}

/** What any user may see of another's session. */
export interface PublicSession {
  userId: string;
  kind: SessionKind;
  status: SessionStatus;
  startTime?: Date | undefined;
  raw: Readonly<Record<string, unknown>>;
}

/**
 * Reads one session of a server's reply. It never fails: what is missing or unreadable is listed
 * in `anomalies`, what is unknown is kept in `raw`.
 *
 * @param value - one element of the reply
 */
export function readSession(value: unknown): SessionInfo {
  const raw = isRecord(value) ? value : {};
  const anomalies: string[] = [];
  if (raw !== value) anomalies.push('The session is not an object.');
  const field = new FieldReader(raw, anomalies);
  const status = canonicalStatus(field.requiredText('status'));
  return {
    id: field.requiredText('id'),
    name: field.requiredText('name'),
    kind: field.requiredText('type'),
    status,
    image: field.text('image'),
    userId: field.text('userid'),
    uid: field.integer('runAsUID'),
    gid: field.integer('runAsGID'),
    supplementalGroups: field.integers('supplementalGroups'),
    appId: field.text('appid'),
    startTime: field.time('startTime'),
    expiryTime: field.time('expiryTime'),
    connectUrl: field.text('connectURL'),
    fixedResources: field.flag('isFixedResources'),
    requested: {
      cores: field.read('requestedCPUCores', parseCores),
      memoryGiB: field.read('requestedRAM', requestedMemory),
      gpus: field.integer('requestedGPUCores'),
    },
    used: {
      cores: field.read('cpuCoresInUse', parseCores),
      memoryGiB: field.read('ramInUse', usedMemory),
      gpuUtilization: field.read('gpuUtilization', percent),
      gpuMemory: gpuMemory(raw['gpuRAMInUse']),
    },
    anomalies,
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

/** Whether a value is an object with named fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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

/** Reads fields of one session and notes what is wrong with them. */
class FieldReader {
  readonly #raw: Readonly<Record<string, unknown>>;
  readonly #anomalies: string[];

  constructor(raw: Readonly<Record<string, unknown>>, anomalies: string[]) {
    this.#raw = raw;
    this.#anomalies = anomalies;
  }

  text(name: string): string | undefined {
    const value = this.#raw[name];
    const text = presentText(value);
    if (text === undefined && value !== undefined && value !== null && typeof value !== 'string') {
      this.#anomalies.push(`The field ${name} is not text.`);
    }
    return text;
  }

  requiredText(name: string): string {
    const text = this.text(name);
    if (text === undefined) this.#anomalies.push(`The field ${name} is missing.`);
    return text ?? '';
  }

  /** A field as a quantity; an unreadable one is noted and left out. */
  read<T>(name: string, parse: (text: string) => T | undefined): T | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) this.#anomalies.push(`The field ${name} cannot be read.`);
    return value;
  }

  time(name: string): Date | undefined {
    return this.read(name, parseTime);
  }

  integer(name: string): number | undefined {
    return this.read(name, (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined));
  }

  integers(name: string): number[] {
    const value = this.#raw[name];
    if (value === undefined || value === null) return [];
    const list: unknown[] = Array.isArray(value) ? value : [];
    const numbers = list.filter((item): item is number => Number.isSafeInteger(item));
    if (!Array.isArray(value) || numbers.length < list.length) {
      this.#anomalies.push(`The field ${name} is not a list of integers.`);
    }
    return numbers;
  }

  flag(name: string): boolean | undefined {
    const value = this.#raw[name];
    if (typeof value === 'boolean' || value === undefined) return value;
    if (value === 'true' || value === 'false') return value === 'true';
    this.#anomalies.push(`The field ${name} is neither true nor false.`);
    return undefined;
  }
}
