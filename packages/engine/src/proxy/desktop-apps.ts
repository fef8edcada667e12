import type { IncomingMessage } from 'node:http';
import { BodyError } from '@skaha/service/body.js';
import { compact, type Reply, text } from '@skaha/service/reply.js';
import { queryParameters } from '../http/parameters.js';
import { createApp } from '../http/resources/session-changes.js';
import type { Site } from '../http/site.js';
import type { SessionRecord } from '../sessions/record.js';
import { Refusal } from '../sessions/refusal.js';
import { statusOf } from '../sessions/session-wire.js';

/** Path below a desktop's page at which it requests its apps. */
export const appsPath = '/apps';

/** The status of an app, and its latest event. */
function stateOf({ orchestrator }: Site, desktop: SessionRecord, id: string): Reply {
  const { sessions } = orchestrator;
  const record = sessions.find(desktop.owner, `${desktop.id}-${id}`);
  if (record === undefined || record.appId !== id) return text('there is no such app\n', 404);
  const note = sessions.events(record.key).findLast(({ level }) => level === 'Warning');
  // The beginning of the message, which counts nodes, is of no use on a single machine.
  const reason = note?.message.replace(/^0\/1 nodes are available: /, '') ?? '';
  return compact({ status: statusOf(record.life), reason });
}

/**
 * Serves the menu of a desktop: lists its apps and starts another one. As in a desktop of the real
 * platform, whoever has opened the page needs no further credential.
 */
export async function answerApps(
  request: IncomingMessage,
  site: Site,
  desktop: SessionRecord,
): Promise<Reply> {
  const { method = 'GET' } = request;
  if (method === 'GET' || method === 'HEAD') {
    const [, query = ''] = (request.url ?? '').split('?', 2);
    const id = queryParameters(query).get('id');
    if (id !== undefined) return stateOf(site, desktop, id);
    return compact(site.catalogue.wire('desktop-app').map(({ id }) => id));
  }
  if (method !== 'POST') return text('', 405);
  try {
    return await createApp(
      {
        site,
        request,
        method,
        api: 'v1',
        user: desktop.owner,
        query: '',
        origin: '',
        path: [desktop.id, 'app'],
        faults: site.faults.of(request),
      },
      desktop.id,
    );
  } catch (error) {
    if (error instanceof BodyError) return text(`${error.message}\n`, error.status);
    if (error instanceof Refusal) return text(`${error.message}\n`, error.status);
    throw error;
  }
}
