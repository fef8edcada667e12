import { sessionCommandsPath } from '@skaha/wire/session-commands.js';

/** Upper bounds of the histogram of durations, in seconds. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

const storageRoutes = new Set([
  'async-delete',
  'async-setprops',
  'files',
  'nodes',
  'synctrans',
  'transfers',
  'xfer',
]);

/** Requests of one method, route and status. */
export interface RequestCount {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly count: number;
  readonly seconds: number;
  /** Requests that took at most this long, by bound. */
  readonly within: readonly (readonly [bound: number, count: number])[];
}

interface Cell {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  count: number;
  seconds: number;
  readonly classes: number[];
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * The route of a path: without the names of users, sessions and pages, so that there are few routes
 * and they reveal nothing about anybody.
 */
export function routeOf(url: string): string {
  const path = url.split('?', 1)[0] ?? '';
  const versioned = /^\/skaha\/(v\d)\/(session|launches|image|context|repository)(\/.*)?$/.exec(
    path,
  );
  if (versioned !== null) {
    const [, version, name, rest = '/'] = versioned;
    if (name !== 'session' || rest === '/') return `/skaha/${version}/${name}`;
    const app = /^\/[^/]+\/app/.test(rest) ? '/app' : '';
    return `/skaha/${version}/session/{id}${app}`;
  }
  if (path.startsWith(`/skaha/${sessionCommandsPath}`)) return `/skaha/${sessionCommandsPath}`;
  if (/^\/skaha\/(capabilities|availability)$/.test(path)) return path;
  if (path.startsWith('/session/')) return '/session/{kind}/{id}';
  const first = /^\/([a-z]+)(?:\/|$)/.exec(path)?.[1] ?? '';
  const storage = /^\/(arc|cavern)\/([a-z-]{1,20})/.exec(path);
  if (storage !== null) return storageRoutes.has(storage[2] ?? '') ? `/arc/${storage[2]}` : '/arc';
  return ['ac', 'cred', 'oidc', 'reg', 'login', 'control', 'metrics', 'skaha'].includes(first)
    ? `/${first}`
    : 'other';
}

/** Counts requests and how long they took. */
export class RequestMeter {
  readonly #cells = new Map<string, Cell>();

  /**
   * @param status - 0 if there was no reply
   * @param seconds - from the arrival of the request to the end of the reply
   */
  add(method: string, url: string, status: number, seconds: number): void {
    const known = methods.has(method) ? method : 'other';
    const route = routeOf(url);
    const key = `${known} ${route} ${status}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      cell = { method: known, route, status, count: 0, seconds: 0, classes: bounds.map(() => 0) };
      this.#cells.set(key, cell);
    }
    cell.count += 1;
    cell.seconds += seconds;
    const index = bounds.findIndex((bound) => seconds <= bound);
    if (index >= 0) cell.classes[index] = (cell.classes[index] ?? 0) + 1;
  }

  get counts(): RequestCount[] {
    return [...this.#cells.values()].map(({ classes, ...cell }) => {
      let sum = 0;
      const within = bounds.map((bound, index) => {
        sum += classes[index] ?? 0;
        return [bound, sum] as const;
      });
      return { ...cell, within };
    });
  }
}
