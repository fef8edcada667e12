import { keyOf } from '@skaha/dashboard/session-list.js';
import { SkahaClient } from 'skaha';
import { type Problem, problemOf } from './sending.js';
import { type Raw, Session } from './session.js';

/** How current the list of sessions is. */
export interface Link {
  readonly state: 'connecting' | 'live' | 'lost';
  /** When the list was last seen, in milliseconds since the epoch. */
  readonly at: number | undefined;
  readonly problem?: Problem | undefined;
  /** When it is asked again. */
  readonly again?: number | undefined;
}

/** What changed since the last look. */
export interface SessionChanges {
  readonly changed: readonly Raw[];
  /** Keys of the sessions that are no longer listed. */
  readonly gone: readonly string[];
  readonly link: Link;
}

/** A list as it came. */
export interface Seen {
  readonly etag: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a watcher is given; it goes on from a list that was seen. */
export type WatcherRequest =
  | { type: 'begin'; url: string; key: string; seen: Seen; at: number }
  | { type: 'look' };

/** What a watcher reports. */
export type Report = { type: 'loggedOut' } | ({ type: 'news' } & SessionChanges);

/** What names a session, as it came, among all others. */
export const keyOfRaw = (raw: Raw): string => keyOf(new Session(raw));

/** What people would see of a session. */
const seenFields = [
  'status',
  'name',
  'startTime',
  'expiryTime',
  'connectURL',
  'cpuCoresInUse',
  'ramInUse',
  'image',
  'type',
  'requestedRAM',
  'requestedCPUCores',
  'requestedGPUCores',
] as const;

/** Whether people would see a difference between two replies about a session. */
export const looksSame = (one: Raw, other: Raw): boolean =>
  seenFields.every((name) => one[name] === other[name]);

/** What changed between two lists. */
export function newsOf(
  before: ReadonlyMap<string, Raw>,
  list: readonly Raw[],
): Pick<SessionChanges, 'changed' | 'gone'> {
  const keys = new Set<string>();
  const changed: Raw[] = [];
  for (const raw of list) {
    const key = keyOfRaw(raw);
    keys.add(key);
    const known = before.get(key);
    if (known === undefined || !looksSame(known, raw)) changed.push(raw);
  }
  return { changed, gone: [...before.keys()].filter((key) => !keys.has(key)) };
}

/** What is no session is shown as one of which nothing is known: a fault of the platform is seen. */
export const rawsIn = (document: unknown): readonly Raw[] =>
  Array.isArray(document) ? document.map((one: unknown) => (isRaw(one) ? one : {})) : [];

const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null;

/** Whether two replies are the same to the last byte: comparing takes a hundredth of reading. */
function areEqual(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) {
    if (one[index] !== other[index]) return false;
  }
  return true;
}

/**
 * Looks at the list. A server that has a version for it is not asked for the same one twice, and what
 * another sends twice is read once.
 *
 * @param url - of the session API
 * @param send - asks it
 * @param before - what was seen before
 * @returns a function that gives the sessions; undefined where nothing is new
 */
export function createLook(
  url: string,
  send: typeof fetch,
  before?: Seen,
): () => Promise<{ seen: Seen; list: readonly Raw[] } | undefined> {
  let known = before;
  let isSame = false;
  const nothing = () => new Response('[]', { headers: { 'content-type': 'application/json' } });
  const asking: typeof fetch = async (input, init = {}) => {
    const headers = new Headers(init.headers);
    if (known !== undefined && known.etag !== '') headers.set('if-none-match', known.etag);
    const response = await send(input, { ...init, headers });
    isSame = response.status === 304;
    if (isSame) return nothing();
    if (known === undefined || !response.ok) return response;
    const bytes = new Uint8Array(await response.arrayBuffer());
    isSame = areEqual(bytes, known.bytes);
    return isSame ? nothing() : new Response(bytes, response);
  };
  const client = new SkahaClient({ url, fetch: asking, retries: 0 });
  return async () => {
    const reply = await client.request({
      method: 'GET',
      path: ['session'],
      timeoutMs: 20_000,
      isExpected: ({ json }) => Array.isArray(json()),
    });
    if (isSame) return undefined;
    const list = rawsIn(reply.json());
    const etag = reply.header('etag') ?? '';
    // Only what could be read is known.
    known = { etag, bytes: reply.bytes as Uint8Array<ArrayBuffer> };
    return { seen: known, list };
  };
}

const longestPauseMs = 15_000;

/** How current the list is after this many failures in a row. */
export function afterFailure(
  error: unknown,
  at: number | undefined,
  failures: number,
): Link & { pauseMs: number } {
  const pauseMs = Math.min(longestPauseMs, 1_000 * 2 ** (failures - 1));
  const { message, hint, code } = problemOf(error);
  // What is handed over must be plain.
  return {
    state: 'lost',
    at,
    problem: { message, hint, code },
    again: Date.now() + pauseMs,
    pauseMs,
  };
}

/** A pause that can be cut short. */
export class Pause {
  #end: () => void = () => undefined;

  take(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  end(): void {
    this.#end();
  }
}
