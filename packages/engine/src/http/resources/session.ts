import type { Reply } from '@skaha/service/reply.js';
import { Refusal } from '../../sessions/refusal.js';
import type { Call } from '../site.js';
import {
  changeApp,
  changeSession,
  createApp,
  createSession,
  deleteSession,
} from './session-changes.js';
import { firstSession, listApps, listSessions, readApp, readSession } from './session-reads.js';

/** Everything below `/session`. Anything after an id is treated as `app` (Skaha API, odd paths). */
export async function sessionResource(call: Call): Promise<Reply> {
  const [id, below, appId, ...more] = call.path;
  if (more.length > 0) throw new Refusal(400, `Invalid request: ${call.path.join('/')}`);
  if (id === undefined) return await onAll(call);
  if (below === undefined) return await onOne(call, id);
  return await onApps(call, id, appId);
}

async function onAll(call: Call): Promise<Reply> {
  if (call.method === 'GET') return await listSessions(call);
  if (call.method === 'POST') return await createSession(call);
  throw new Refusal(400, 'Cannot kill all sessions.');
}

async function onOne(call: Call, id: string): Promise<Reply> {
  if (call.method === 'POST') return await changeSession(call, id);
  if (call.method === 'DELETE') return await deleteSession(call, id);
  return id === '' ? await firstSession(call) : await readSession(call, id);
}

async function onApps(call: Call, id: string, appId: string | undefined): Promise<Reply> {
  if (call.method === 'GET') {
    return appId === undefined ? await listApps(call) : readApp(call, id, appId);
  }
  if (call.method === 'POST') {
    return appId === undefined ? await createApp(call, id) : await changeApp(call);
  }
  if (appId === undefined) throw new Refusal(400, 'Missing app ID');
  return await deleteSession(call, id, appId);
}
