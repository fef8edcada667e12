import type { IncomingMessage } from 'node:http';
import { BodyError } from '@skaha/service/body.js';
import { compact, type Reply, text } from '@skaha/service/reply.js';
import { queryParameters } from '../http/parameters.js';
import { createApp } from '../http/resources/session-changes.js';
import type { Site } from '../http/site.js';
import type { SessionRecord } from '../sessions/record.js';
import { Refusal } from '../sessions/refusal.js';
import { statusOf } from '../sessions/session-wire.js';

/** Where the page of a desktop asks for its apps, after the address of the session. */
export const appsPath = '/apps';

/** What has become of one app: its status, and what the platform noted about it last. */
function stateOf({ orchestrator }: Site, desktop: SessionRecord, id: string): Reply {
  const { sessions } = orchestrator;
  const record = sessions.find(desktop.owner, `${desktop.id}-${id}`);
  if (record === undefined || record.appId !== id) return text('there is no such app\n', 404);
  const note = sessions.events(record.key).findLast(({ level }) => level === 'Warning');
  // What a cluster says before the reason is of no use where there is one machine.
  const reason = note?.message.replace(/^0\/1 nodes are available: /, '') ?? '';
  return compact({ status: statusOf(record.life), reason });
}

/**
 * Answers for the menu of a desktop: which apps there are, and one more of them. As from within a
 * desktop of the real platform, this needs no credential but what opened the page.
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
