import type { IncomingMessage } from 'node:http';
import { controlPrefix } from '../http/listener.js';
import { compact, notFoundPage, type Reply, text } from '../http/reply.js';
import { sameSecret } from '../identity/tokens.js';
import type { PlatformDescription, SessionsAtStop } from '../types.js';

/** What the owner may ask of a running platform. */
export interface Controls {
  /** The secret of the server file. */
  readonly secret: string;
  describe(): Omit<PlatformDescription, 'token'>;
  /** Resolves when all work has ended. */
  stop(sessions: SessionsAtStop): Promise<void>;
  /** Closes the listener. */
  close(): void;
}

/** Answers a request below the control prefix; undefined for any other request. */
export async function controlReply(
  request: IncomingMessage,
  controls: Controls,
): Promise<Reply | undefined> {
  const { method = 'GET', url = '/' } = request;
  if (!url.startsWith(controlPrefix)) return undefined;
  const given = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (!sameSecret(given, controls.secret)) return text('Unauthorized\n', 401);
  if (method === 'GET' && url === `${controlPrefix}status`) return compact(controls.describe());
  const sessions = /^stop\?sessions=(end|leave)$/.exec(url.slice(controlPrefix.length))?.[1];
  if (method !== 'POST' || sessions === undefined) return notFoundPage();
  await controls.stop(sessions === 'leave' ? 'leave' : 'end');
  // The reply leaves first.
  setImmediate(controls.close);
  return compact({ stopping: true });
}
