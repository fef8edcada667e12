import type { IncomingMessage } from 'node:http';
import type { FaultControl } from '@skaha/engine/faults/faults.js';
import { isFaultKind } from '@skaha/engine/faults/parse-fault.js';
import { controlPrefix } from '@skaha/engine/http/listener.js';
import { PlatformError } from '@skaha/service/errors.js';
import { compact, notFoundPage, type Reply, text } from '@skaha/service/reply.js';
import { sameSecret } from '@skaha/service/tokens.js';
import type { PlatformDescription, SessionsAtStop } from '../types.js';

/** What the owner can request from a running platform. */
export interface Controls {
  /** The secret of the server file. */
  readonly secret: string;
  /** @param withDisk - also measures the disk usage, which takes time */
  describe(withDisk: boolean): Promise<Omit<PlatformDescription, 'token'>>;
  readonly faults: FaultControl;
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
  const status = /^status(\?disk=1)?$/.exec(url.slice(controlPrefix.length));
  if (method === 'GET' && status !== null) {
    return compact(await controls.describe(status[1] !== undefined));
  }
  if (url.startsWith(`${controlPrefix}faults`)) return faultsReply(method, url, controls.faults);
  const sessions = /^stop\?sessions=(end|leave)$/.exec(url.slice(controlPrefix.length))?.[1];
  if (method !== 'POST' || sessions === undefined) return notFoundPage();
  await controls.stop(sessions === 'leave' ? 'leave' : 'end');
  // The reply is sent first.
  setImmediate(controls.close);
  return compact({ stopping: true });
}

/**
 * `GET` lists the active faults, `POST` with `set` adds one, `DELETE` clears all or those of
 * `kind`.
 */
function faultsReply(method: string, url: string, faults: FaultControl): Reply {
  const parameters = new URL(url, 'https://127.0.0.1').searchParams;
  try {
    if (method === 'POST') faults.inject(parameters.get('set') ?? '');
    else if (method === 'DELETE') clear(faults, parameters.get('kind'));
    else if (method !== 'GET') return notFoundPage();
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    const { message, hint } = error;
    return { ...compact({ message, hint }), status: 400 };
  }
  return compact({ faults: faults.active });
}

function clear(faults: FaultControl, kind: string | null): void {
  if (kind !== null && !isFaultKind(kind)) {
    throw new PlatformError('config.invalid', `There is no fault ${JSON.stringify(kind)}.`);
  }
  faults.clear(kind ?? undefined);
}
