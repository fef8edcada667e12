import { signal } from '@preact/signals';
import { SkahaClient } from 'skaha';
import { createSend, PortalError, problemIn } from './sending.js';

export { type Problem, problemOf } from './sending.js';

/** What the server of this page says about itself. */
export interface Me {
  readonly name: string;
  readonly server: string;
  /** Of the session API, for example `v1`. */
  readonly version: string;
  readonly batches: boolean;
  readonly user: string;
  /** Paths of storage services at this origin. */
  readonly storage: readonly string[];
}

const keyName = 'skaha.dashboard.key';

/** Whether this page reaches its server. */
export const login = signal<'in' | 'out' | 'spent'>('in');

/**
 * Takes the key that a link left in the address. It is kept for this origin, port included; a
 * cookie, which is none of ours to read, must come with it.
 */
export function takeKey(): void {
  const { hash } = location;
  const key = /^#key=([\w-]{20,100})$/.exec(hash)?.[1];
  if (key !== undefined) localStorage.setItem(keyName, key);
  if (hash === '#spent') login.value = 'spent';
  if (key !== undefined || hash === '#spent') location.replace('#/sessions');
}

/** A link that was followed in another tab logs this one in, too. */
addEventListener('storage', (event) => {
  if (!(event instanceof StorageEvent) || event.key !== keyName) return;
  if (event.newValue !== null && login.value !== 'in') location.reload();
});

/** Forgets the login of this browser. */
export async function logout(): Promise<void> {
  await ask('logout', {}).catch(() => undefined);
  localStorage.removeItem(keyName);
  login.value = 'out';
}

/** What this page shows of its login; the rest is a cookie. */
export const keyOfPage = (): string => localStorage.getItem(keyName) ?? '';

/** Sends a request of this page to where it comes from. */
export const send = createSend(keyOfPage, () => {
  if (login.value === 'in') login.value = 'out';
});

/** Path of the session API, in the version that the platform has. */
export let sessionApi = '/skaha/v1';

const clientFor = (path: string) =>
  new SkahaClient({ url: location.origin + path, fetch: send, retries: 0 });

/** The library, at the origin of this page. It asks once: the list says itself that it tries again. */
export let client = clientFor(sessionApi);

/** Asks the server of this page; posts what is given. */
export async function ask<Answer>(path: string, body?: object): Promise<Answer> {
  const response = await send(`/dashboard/v1/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const answer: Answer = await response.json();
  const problem = problemIn(answer);
  if (problem !== undefined) throw new PortalError(problem);
  return answer;
}

/** Who is logged in, and where. */
export const me = signal<Me | undefined>(undefined);

/** Finds out who is here. */
export async function findMe(): Promise<void> {
  const found = await ask<Me>('me');
  const path = `/skaha/${found.version}`;
  if (path !== sessionApi) {
    sessionApi = path;
    client = clientFor(path);
  }
  me.value = found;
}
