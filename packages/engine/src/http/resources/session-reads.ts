import {
  handled,
  notModified,
  partsReply,
  pretty,
  type Reply,
  text,
  withHeaders,
  written,
} from '@skaha/service/reply.js';
import { type KnownSessionKind, sessionKinds } from '@skaha/wire/kinds.js';
import { isLaunchKey, launchKeyHeader, launchParameter } from '@skaha/wire/launch-keys.js';
import { skewOf } from '../../faults/fault.js';
import { eventTable } from '../../sessions/event-table.js';
import { labelFault } from '../../sessions/naming.js';
import { isInteractive, type Life, type SessionRecord } from '../../sessions/record.js';
import { Refusal } from '../../sessions/refusal.js';
import { publicWire, sessionWire, statusOf } from '../../sessions/session-wire.js';
import { podPhase, publicWireV0, sessionWireV0 } from '../../sessions/session-wire-v0.js';
import { queryParameters } from '../parameters.js';
import type { Call } from '../site.js';
import { whenEnded } from './session-end.js';
import { type ListEntry, type ListForm, SessionList } from './session-list.js';
import { statsReply } from './stats.js';

/** The status of a session in the words of the caller's version of the API. */
const statusFor = ({ api }: Call, life: Life): string =>
  api === 'v0' ? podPhase(life) : statusOf(life);

/** The session with its times shifted by the fault `clock-skew`. */
function skewed({ faults }: Call, record: SessionRecord): SessionRecord {
  const { life } = record;
  const skew = skewOf(faults);
  return skew === 0 || life.startedAt === undefined
    ? record
    : { ...record, life: { ...life, startedAt: life.startedAt + skew } };
}

/** Converts a session to the form that the caller requested. */
function present(call: Call, given: SessionRecord) {
  const record = skewed(call, given);
  const settings = call.site.identity.about(record.owner);
  const wire = sessionWire(record, {
    uid: settings?.uid ?? 0,
    gid: settings?.gid,
    groups: settings?.groups ?? [],
    origin: call.origin,
    opensById: call.site.settings.oddities.has('open-pages'),
    usage: call.site.orchestrator.usage(record.key),
  });
  return call.api === 'v0' ? sessionWireV0(wire, record) : wire;
}

/** The form of a session that everybody may see. */
function presentPublic(call: Call, given: SessionRecord): Record<string, string> {
  const record = skewed(call, given);
  return call.api === 'v0' ? publicWireV0(record) : publicWire(record);
}

const matches = (value: string, filter: string | undefined) =>
  filter === undefined || value.toLowerCase() === filter.toLowerCase();

/** `GET /session` (Skaha API, 2.2). */
export async function listSessions(call: Call): Promise<Reply> {
  const parameters = queryParameters(call.query);
  const view = parameters.get('view');
  if (view === 'stats') return statsReply(call);
  const type = parameters.get('type');
  const status = parameters.get('status');
  const most = /^[1-9]\d{0,4}$/.exec(parameters.get('limit') ?? '')?.[0];
  const isPlain = (view ?? type ?? status) === undefined;
  const launch = parameters.get(launchParameter);
  if (launch !== undefined && isPlain) return launchedAs(call, launch);
  if (most !== undefined && isPlain) return firstToStart(call, Number(most));
  const isOfAll = view === 'all';
  const list = await listFor(call, isOfAll);
  const hidesApps = call.api !== 'v0';
  const isInteractiveView = view?.toLowerCase() === 'interactive' && call.api !== 'v0';
  const isShown = ({ kind }: ListEntry) => {
    if (isInteractiveView) return isInteractiveKind(kind) || kind === 'desktop-app';
    return type === undefined ? kind !== 'desktop-app' || !hidesApps : matches(kind, type);
  };
  const name = JSON.stringify([view, type, status]);
  return listReply(call, list, name, (entry) => matches(entry.status, status) && isShown(entry));
}

/**
 * Our own addition, which the real server ignores: only the sessions that started first, with all
 * that started in the same second as the last of them, for callers that show a few of very many.
 */
function firstToStart(call: Call, count: number): Reply {
  const { sessions } = call.site.orchestrator;
  const withApps = call.api === 'v0';
  const startOf = ({ life }: SessionRecord) =>
    life.startedAt === undefined ? Number.POSITIVE_INFINITY : Math.floor(life.startedAt / 1000);
  const all = [...sessions.alive(call.user)]
    .filter(({ kind }) => withApps || kind !== 'desktop-app')
    .concat(sessions.ended.firstStarted(call.user, count, withApps))
    .sort((one, other) => {
      const [first, second] = [startOf(one), startOf(other)];
      return first === second ? 0 : first - second;
    });
  const last = all[count - 1];
  const shown = last === undefined ? all : all.filter((one) => startOf(one) <= startOf(last));
  return pretty(shown.map((record) => present(call, record)));
}

/**
 * Our own addition too: the sessions of the caller whose create had this `Launch-Key`. A caller who
 * lost the reply to a create finds out what became of it, without having listed all sessions
 * before.
 */
function launchedAs(call: Call, launch: string): Reply {
  const { sessions } = call.site.orchestrator;
  const found = sessions.ended
    .launchedAs(launch)
    .flatMap((key) => sessions.find(call.user, key) ?? []);
  return withHeaders(pretty(found.map((record) => present(call, record))), {
    [launchKeyHeader]: isLaunchKey(launch) ? launch : '',
  });
}

const isInteractiveKind = (kind: string): boolean => isInteractive(kind as KnownSessionKind);

/** The sessions of the caller, or the public form of everybody's. */
async function listFor(call: Call, isOfAll: boolean): Promise<SessionList> {
  const { site, api, origin, user } = call;
  const form: ListForm = {
    name: [api, origin, isOfAll ? '' : user].join(' '),
    owner: isOfAll ? undefined : user,
    present: (record) => (isOfAll ? presentPublic(call, record) : present(call, record)),
    status: ({ life }) => statusFor(call, life),
  };
  // What only this request sees must not be cached for others.
  if (skewOf(call.faults) === 0) return await site.lists.of(form);
  const list = await SessionList.write(site.orchestrator.sessions, form);
  list.close();
  return list;
}

function listReply(
  call: Call,
  list: SessionList,
  name: string,
  isShown: (entry: ListEntry) => boolean,
): Reply {
  const shown = list.select(name, isShown);
  if (skewOf(call.faults) !== 0) return written(shown);
  const etag = `"${list.version}"`;
  const known = call.request.headers['if-none-match'];
  return known === etag ? notModified(etag) : withHeaders(written(shown), { etag });
}

/** `GET /session/` without an id: the first session, as on the real server. */
export async function firstSession(call: Call): Promise<Reply> {
  const list = await listFor(call, false);
  const first = list.find(({ kind }) => kind !== 'desktop-app');
  const record = call.site.orchestrator.sessions.find(call.user, first?.key ?? '');
  if (record === undefined) throw new Refusal(404, 'session  not found');
  return pretty(present(call, record));
}

/** `GET /session/{id}` (Skaha API, 2.4). */
export async function readSession(call: Call, id: string): Promise<Reply> {
  const view = queryParameters(call.query).get('view');
  const found = call.site.orchestrator.sessions.find(call.user, id);
  const record = found?.appId === undefined ? found : undefined;
  const fault = labelFault('canfar.net/id', id);
  if (fault !== undefined) throw new Refusal(400, fault);
  if (view === 'logs') return await logs(call, record);
  if (view === 'events') return text(events(call, id, record));
  if (record === undefined) throw new Refusal(404, `session ${id} not found`);
  return await whenEnded(call, record.key, () => {
    const now = call.site.orchestrator.sessions.find(call.user, id);
    if (now === undefined) throw new Refusal(404, `session ${id} not found`);
    return pretty(present(call, now));
  });
}

const appsOf = ({ site }: Call, desktop: SessionRecord): SessionRecord[] =>
  site.orchestrator.sessions.apps(desktop).sort((one, other) => (one.key < other.key ? -1 : 1));

/**
 * The events of a session's pod, even of a deleted session until its processes are gone. A strict
 * platform has none for a session that only waits.
 */
function events(call: Call, id: string, found: SessionRecord | undefined): string {
  const { orchestrator, settings } = call.site;
  const record = found ?? orchestrator.sessions.leaving(call.user, id);
  const waits = record?.life.phase === 'queued' && settings.oddities.has('queued-events');
  if (record === undefined || waits) throw new Refusal(404, `session ${id} not found.`);
  const several = settings.oddities.has('desktop-events') && appsOf(call, record).length > 0;
  return eventTable(several ? [] : orchestrator.sessions.events(record.key));
}

/** While a cluster does not answer, its logs cannot be read. */
const unreadableLog = handled(503, 'The log cannot be read at the moment');

/** The logs of a session and its apps; empty for one that does not exist, as on the real server. */
async function logs(call: Call, record: SessionRecord | undefined): Promise<Reply> {
  if (record === undefined) return text('');
  const all = [record, ...appsOf(call, record)].map(({ key }) => key);
  const parts = await Promise.all(all.map(async (key) => await call.site.orchestrator.logs(key)));
  const isWhole = call.site.settings.oddities.has('whole-logs');
  const reply = isWhole ? { ...text(''), parts } : partsReply(parts, call.request.headers.range);
  return { ...reply, unreadable: unreadableLog };
}

/** `GET /session/{id}/app`: the apps of all desktops of the user (Skaha API, 2.7). */
export async function listApps(call: Call): Promise<Reply> {
  const parameters = queryParameters(call.query);
  const status = parameters.get('status');
  const list = await listFor(call, parameters.get('view') === 'all');
  return listReply(
    call,
    list,
    `apps ${status}`,
    (entry) => entry.kind === 'desktop-app' && matches(entry.status, status),
  );
}

/** `GET /session/{id}/app/{app}`. */
export function readApp(call: Call, id: string, appId: string): Reply {
  const record = call.site.orchestrator.sessions.find(call.user, `${id}-${appId}`);
  if (record === undefined) {
    throw new Refusal(404, `desktop app with session ${id} and app ID ${appId} was not found`);
  }
  return pretty(present(call, record));
}

/** `GET /image` (Skaha API, 2.8): the type is case-sensitive. */
export function listImages(call: Call): Reply {
  const type = queryParameters(call.query).get('type');
  if (type !== undefined && !sessionKinds.some((kind) => kind === type)) {
    throw new Refusal(400, `unknown type: ${type}`);
  }
  return pretty(call.site.catalogue.wire(type));
}
