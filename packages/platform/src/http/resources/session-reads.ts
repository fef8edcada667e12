import { stat } from 'node:fs/promises';
import { sessionKinds } from 'skaha/wire';
import { commandFor } from '../../images/catalogue.js';
import { eventTable } from '../../sessions/event-table.js';
import { labelFault } from '../../sessions/naming.js';
import { isInteractive, type SessionRecord } from '../../sessions/record.js';
import { Refusal } from '../../sessions/refusal.js';
import { publicWire, sessionWire, statusOf } from '../../sessions/session-wire.js';
import { queryParameters } from '../parameters.js';
import { pretty, type Reply, text } from '../reply.js';
import type { Call } from '../site.js';
import { statsReply } from './stats.js';

/** Puts a session into the form the caller reads. */
export function present(call: Call, record: SessionRecord) {
  const settings = call.site.identities.settings(record.owner);
  return sessionWire(record, {
    uid: settings?.uid ?? 0,
    groups: settings?.groups ?? [],
    origin: call.origin,
    pageToken: pageTokenOf(call, record),
  });
}

/** Only a session that this platform can run has a page to open. */
function pageTokenOf({ site }: Call, record: SessionRecord): string | undefined {
  const runs = commandFor(site.catalogue.get(record.image), record.kind) !== undefined;
  return record.kind === 'contributed' && runs ? site.pageTokens.of(record.id) : undefined;
}

// The real server lists jobs in the order of their names: by kind first, then by user and id.
const byJobName = (one: SessionRecord, other: SessionRecord) => {
  const rank = ({ kind, key }: SessionRecord) => `${kind} ${key}`;
  return rank(one) < rank(other) ? -1 : 1;
};

const matches = (value: string, filter: string | undefined) =>
  filter === undefined || value.toLowerCase() === filter.toLowerCase();

/** `GET /session` (Skaha API, 2.2). */
export function listSessions(call: Call): Reply {
  const parameters = queryParameters(call.query);
  const view = parameters.get('view');
  if (view === 'stats') return statsReply(call.site);
  const type = parameters.get('type');
  const hasStatus = ({ life }: SessionRecord) => matches(statusOf(life), parameters.get('status'));
  const { orchestrator } = call.site;
  const own = () => orchestrator.visible(call.user).filter(hasStatus).sort(byJobName);
  if (view?.toLowerCase() === 'interactive') {
    const shown = own().filter(({ kind }) => isInteractive(kind) || kind === 'desktop-app');
    return pretty(shown.map((record) => present(call, record)));
  }
  const isShown = ({ kind }: SessionRecord) =>
    type === undefined ? kind !== 'desktop-app' : matches(kind, type);
  if (view === 'all') {
    const everyone = orchestrator.visible().filter(hasStatus).filter(isShown).sort(byJobName);
    return pretty(everyone.map(publicWire));
  }
  return pretty(
    own()
      .filter(isShown)
      .map((record) => present(call, record)),
  );
}

/** `GET /session/` with nothing behind it: the first session, as the real server does. */
export function firstSession(call: Call): Reply {
  const all = call.site.orchestrator.visible(call.user).sort(byJobName);
  const first = all.find(({ kind }) => kind !== 'desktop-app');
  if (first === undefined) throw new Refusal(404, 'session  not found');
  return pretty(present(call, first));
}

/** `GET /session/{id}` (Skaha API, 2.4). */
export async function readSession(call: Call, id: string): Promise<Reply> {
  const view = queryParameters(call.query).get('view');
  const record = call.site.orchestrator.find(call.user, id);
  if (view === 'logs') return await logs(call, record);
  const fault = labelFault('canfar.net/id', id);
  if (fault !== undefined) throw new Refusal(400, fault);
  if (view === 'events') {
    if (record === undefined) throw new Refusal(404, `session ${id} not found.`);
    return text(eventTable(call.site.orchestrator.events(record.key)));
  }
  if (record === undefined || record.appId !== undefined) {
    throw new Refusal(404, `session ${id} not found`);
  }
  return pretty(present(call, record));
}

/** Every failure is an empty log, as on the real server. */
async function logs(call: Call, record: SessionRecord | undefined): Promise<Reply> {
  if (record === undefined) return text('');
  const path = call.site.orchestrator.logFile(record.key);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.size === 0) return text('');
  return { ...text(''), file: { path, size: found.size } };
}

/** `GET /session/{id}/app`: the apps of all desktops of the user (Skaha API, 2.7). */
export function listApps(call: Call): Reply {
  const parameters = queryParameters(call.query);
  const everyone = parameters.get('view') === 'all';
  const apps = call.site.orchestrator
    .visible(everyone ? undefined : call.user)
    .filter(({ kind }) => kind === 'desktop-app')
    .filter(({ life }) => matches(statusOf(life), parameters.get('status')))
    .sort(byJobName);
  return pretty(apps.map((app) => (everyone ? publicWire(app) : present(call, app))));
}

/** `GET /session/{id}/app/{app}`. */
export function readApp(call: Call, id: string, appId: string): Reply {
  const record = call.site.orchestrator.find(call.user, `${id}-${appId}`);
  if (record === undefined) {
    throw new Refusal(404, `desktop app with session ${id} and app ID ${appId} was not found`);
  }
  return pretty(present(call, record));
}

/** `GET /image` (Skaha API, 2.8): the type is compared as it is written. */
export function listImages(call: Call): Reply {
  const type = queryParameters(call.query).get('type');
  if (type !== undefined && !sessionKinds.some((kind) => kind === type)) {
    throw new Refusal(400, `unknown type: ${type}`);
  }
  return pretty(call.site.catalogue.wire(type));
}
