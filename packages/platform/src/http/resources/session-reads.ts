import { sessionKinds } from '@skaha/wire/kinds.js';
import { fileSize } from '../../runners/held.js';
import { eventTable } from '../../sessions/event-table.js';
import { labelFault } from '../../sessions/naming.js';
import { isInteractive, type SessionRecord } from '../../sessions/record.js';
import { Refusal } from '../../sessions/refusal.js';
import { queryParameters } from '../parameters.js';
import { type FilePart, filesReply, pretty, type Reply, text } from '../reply.js';
import type { Call } from '../site.js';
import { present, presentPublic, statusFor } from './present.js';
import { statsReply } from './stats.js';

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
  if (view === 'stats') return statsReply(call);
  const type = parameters.get('type');
  const status = parameters.get('status');
  const hasStatus = ({ life }: SessionRecord) => matches(statusFor(call, life), status);
  const { orchestrator } = call.site;
  const own = () => orchestrator.visible(call.user).filter(hasStatus).sort(byJobName);
  if (view?.toLowerCase() === 'interactive' && call.api !== 'v0') {
    const shown = own().filter(({ kind }) => isInteractive(kind) || kind === 'desktop-app');
    return pretty(shown.map((record) => present(call, record)));
  }
  const hidesApps = call.api !== 'v0';
  const isShown = ({ kind }: SessionRecord) =>
    type === undefined ? kind !== 'desktop-app' || !hidesApps : matches(kind, type);
  if (view === 'all') {
    const everyone = orchestrator.visible().filter(hasStatus).filter(isShown).sort(byJobName);
    return pretty(everyone.map((record) => presentPublic(call, record)));
  }
  const shown = own().filter(isShown);
  return pretty(shown.map((record) => present(call, record)));
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
  const found = call.site.orchestrator.find(call.user, id);
  const record = found?.appId === undefined ? found : undefined;
  if (view === 'logs') return await logs(call, record);
  const fault = labelFault('canfar.net/id', id);
  if (fault !== undefined) throw new Refusal(400, fault);
  if (view === 'events') return text(events(call, id, record));
  if (record === undefined) throw new Refusal(404, `session ${id} not found`);
  return pretty(present(call, record));
}

const appsOf = ({ site, user }: Call, desktop: SessionRecord): SessionRecord[] =>
  site.orchestrator
    .visible(user)
    .filter(({ id, appId }) => id === desktop.id && appId !== undefined)
    .sort(byJobName);

/** The story of a session's pod. A strict platform has none to tell of one that only waits. */
function events(call: Call, id: string, record: SessionRecord | undefined): string {
  const { orchestrator, settings } = call.site;
  const waits = record?.life.phase === 'queued' && settings.oddities.has('queued-events');
  if (record === undefined || waits) throw new Refusal(404, `session ${id} not found.`);
  const several = settings.oddities.has('desktop-events') && appsOf(call, record).length > 0;
  return eventTable(several ? [] : orchestrator.events(record.key));
}

/** The logs of a session and of its apps; every failure is an empty one, as on the real server. */
async function logs(call: Call, record: SessionRecord | undefined): Promise<Reply> {
  if (record === undefined) return text('');
  const all = [record, ...appsOf(call, record)].map(({ key }) => key);
  const files = await Promise.all(
    all.map(async (key): Promise<FilePart> => {
      const path = call.site.orchestrator.logFile(key);
      return { path, size: await fileSize(path) };
    }),
  );
  const isWhole = call.site.settings.oddities.has('whole-logs');
  return isWhole ? { ...text(''), files } : filesReply(files, call.request.headers.range);
}

/** `GET /session/{id}/app`: the apps of all desktops of the user (Skaha API, 2.7). */
export function listApps(call: Call): Reply {
  const parameters = queryParameters(call.query);
  const everyone = parameters.get('view') === 'all';
  const apps = call.site.orchestrator
    .visible(everyone ? undefined : call.user)
    .filter(({ kind }) => kind === 'desktop-app')
    .filter(({ life }) => matches(statusFor(call, life), parameters.get('status')))
    .sort(byJobName);
  return pretty(apps.map((app) => (everyone ? presentPublic(call, app) : present(call, app))));
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
