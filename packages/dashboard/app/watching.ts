import { keyOf } from '@skaha/dashboard/session-list.js';
import type { SessionInfo } from 'skaha';
import type { Problem } from './sending.js';

/** A session without what only a program would look at. */
export type Session = Omit<SessionInfo, 'anomalies' | 'gid' | 'raw' | 'supplementalGroups' | 'uid'>;

/** How the list of sessions stands. */
export interface Link {
  readonly state: 'connecting' | 'live' | 'lost';
  /** When the list was last seen, in milliseconds since the epoch. */
  readonly at: number | undefined;
  readonly problem?: Problem | undefined;
  /** When it is asked again. */
  readonly again?: number | undefined;
}

/** What changed since the last look. */
export interface News {
  readonly changed: Session[];
  /** Keys of the sessions that are listed no more. */
  readonly gone: string[];
  readonly link: Link;
}

/** What whoever watches is told. */
export type Order =
  | { type: 'begin'; origin: string; key: string; known: Session[]; at: number | undefined }
  | { type: 'look' };

/** What whoever watches tells. */
export type Report = { type: 'loggedOut' } | ({ type: 'news' } & News);

/** Two replies about the same session compare by what a person would see. */
const lookOf = ({ status, startTime, expiryTime, connectUrl, used, name }: Session): string =>
  `${status} ${name} ${startTime?.getTime()} ${expiryTime?.getTime()} ${connectUrl} ${used.cores} ${used.memoryGiB}`;

/** What is set of an object: what is not set takes as long to hand over. */
function present<Value extends object>(value: Value): Value {
  const kept: Partial<Value> = {};
  for (const key of Object.keys(value) as (keyof Value)[]) {
    if (value[key] !== undefined) kept[key] = value[key];
  }
  return kept as Value;
}

/** What is left of a session when only people look at it. */
function slim(info: SessionInfo): Session {
  const { id, appId, name, kind, status, image, userId, startTime, expiryTime } = info;
  const { connectUrl, fixedResources, requested, used } = info;
  return present({
    ...{ id, appId, name, kind, status, image, userId, startTime, expiryTime },
    ...{ connectUrl, fixedResources, requested: present(requested), used: present(used) },
  });
}

/** What changed between two lists. */
export function newsOf(
  before: ReadonlyMap<string, Session>,
  list: readonly SessionInfo[],
): Pick<News, 'changed' | 'gone'> {
  const keys = new Set<string>();
  const changed: Session[] = [];
  for (const info of list) {
    const key = keyOf(info);
    keys.add(key);
    const known = before.get(key);
    if (known === undefined || lookOf(known) !== lookOf(info)) changed.push(slim(info));
  }
  return { changed, gone: [...before.keys()].filter((key) => !keys.has(key)) };
}
