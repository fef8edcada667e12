import { reasonOf, storageReason } from '@skaha/service/errors.js';
import { empty, type Reply, text } from '@skaha/service/reply.js';
import { isLaunchKey, launchKeyHeader } from '@skaha/wire/launch-keys.js';
import { faultOf } from '../../faults/fault.js';
import type { Creation } from '../../orchestration/orchestrator.js';
import { isAway } from '../../ports/backing.js';
import type { RegistryLogin } from '../../ports/runner.js';
import {
  type CreateRules,
  type Parameters,
  planApp,
  planSession,
  readRegistryAuth,
} from '../../sessions/create-request.js';
import { labelFault } from '../../sessions/naming.js';
import type { SessionPlan } from '../../sessions/record.js';
import { Refusal } from '../../sessions/refusal.js';
import { statusOf } from '../../sessions/session-wire.js';
import { postParameters } from '../parameters.js';
import { type Call, limitsOf } from '../site.js';

function rulesFor({ site, api, user, request, faults }: Call): CreateRules {
  const header = request.headers['x-skaha-registry-auth'];
  let hasHome = false;
  return {
    owner: user,
    api,
    mayRunHeadless: faultOf(faults, 'no-headless') === undefined,
    limits: limitsOf(site),
    bounds: site.orchestrator.admission.bounds,
    lifetimes: site.settings.lifetimes,
    capacity: site.orchestrator.admission.bounds?.most ?? site.orchestrator.admission.capacity,
    hasGpus: site.orchestrator.hasGpus,
    catalogue: site.catalogue,
    registryHosts: site.registryHosts,
    registryAuth: Array.isArray(header) ? header[0] : header,
    activeSessions: () => site.orchestrator.sessions.interactiveOf(user),
    // The same for all launches of a request.
    ensureHome: () => {
      if (!hasHome) storing('the home directory', () => site.ensureHome(user));
      hasHome = true;
    },
  };
}

/** A failure of the storage is reported in words; nothing incomplete is left behind. */
function storing<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw storageRefusal(what, error);
  }
}

function storageRefusal(what: string, error: unknown): unknown {
  if (isAway(error)) return awayRefusal(what);
  const reason = storageReason(error);
  if (reason === undefined) return error;
  return new Refusal(500, `The platform cannot store ${what}: ${reason}`);
}

const awayRefusal = (what: string): Refusal =>
  new Refusal(
    503,
    `The platform cannot store ${what} at the moment: its database cannot be reached. Try again later.`,
  );

/** What launches of one request have in common. */
export interface LaunchContext {
  readonly rules: CreateRules;
  /** Their first events. */
  readonly notes: Creation['notes'];
}

/** After this, nothing may wait before a launch: the counts it checks must not change. */
export async function launchContext(call: Call): Promise<LaunchContext> {
  const notes = await call.site.homeCredentials.refresh(call.user);
  return { rules: rulesFor(call), notes };
}

/**
 * Launches a session.
 *
 * @returns its id, once the session is on disk
 */
export async function launch(
  call: Call,
  parameters: Parameters,
  { rules, notes, ...key }: LaunchContext & Pick<SessionPlan, 'launch'>,
): Promise<string> {
  const plan = { ...planSession(parameters, rules), ...key };
  const { id } = await accept(call, plan, { login: loginFor(plan, rules), notes });
  return id;
}

/** `POST /session` (Skaha API, 2.3). */
export async function createSession(call: Call): Promise<Reply> {
  const parameters = await postParameters(call.request, call.query);
  const how = { ...(await launchContext(call)), ...launchOf(call) };
  return text(`${await launch(call, parameters, how)}\n`);
}

/** The caller can find the session by this key if the reply is lost. */
function launchOf({ request }: Call): Pick<SessionPlan, 'launch'> {
  const key = request.headers[launchKeyHeader];
  return typeof key === 'string' && isLaunchKey(key) ? { launch: key } : {};
}

/** For an image in the catalogue the header is optional, and ignored if it is invalid. */
function loginFor({ image }: SessionPlan, rules: CreateRules): RegistryLogin | undefined {
  if (rules.registryAuth === undefined) return undefined;
  const isPrivate = rules.catalogue.get(image) === undefined;
  try {
    return { ...readRegistryAuth(rules.registryAuth), isPrivate };
  } catch {
    return undefined;
  }
}

async function accept(call: Call, plan: SessionPlan, creation: Creation) {
  try {
    return await call.site.orchestrator.create(plan, creation);
  } catch (error) {
    throw storageRefusal('the session', error);
  }
}

/** `POST /session/{id}`: the only possible change is renewal (Skaha API, 2.5). */
export async function changeSession(call: Call, id: string): Promise<Reply> {
  const action = (await postParameters(call.request, call.query)).get('action');
  if (action === undefined || action.trim() === '') {
    throw new Refusal(400, 'Cannot modify an existing session');
  }
  if (action.toLowerCase() !== 'renew') throw new Refusal(400, 'unrecognized action');
  if (id === '') throw new Refusal(400, 'canfar.net/id label value cannot be blank');
  const fault = labelFault('canfar.net/id', id);
  if (fault !== undefined) throw new Refusal(400, fault);
  if (await renewed(call, id)) {
    const notes = await call.site.homeCredentials.refresh(call.user);
    for (const note of notes) call.site.orchestrator.note(id, note);
    return empty();
  }
  const settings = call.site.identity.about(call.user);
  const posix = `[uidNumber=${settings?.uid ?? 0},${settings?.groups[0] ?? 'null'},${call.user}]`;
  throw new Refusal(400, `No active job for user PosixPrincipal ${posix} with session ${id}`);
}

async function renewed(call: Call, id: string): Promise<boolean> {
  try {
    return await call.site.orchestrator.renew(call.user, id);
  } catch (error) {
    if (isAway(error)) throw awayRefusal('the renewal');
    throw new Refusal(500, `The session cannot be renewed: ${reasonOf(error)}`);
  }
}

/**
 * `DELETE /session/{id}`: always a success, as on the real server (Skaha API, 2.6). Servers at the
 * time of v0 reported whether there was something to delete.
 */
export async function deleteSession(call: Call, id: string, appId?: string): Promise<Reply> {
  const { orchestrator } = call.site;
  const key = appId === undefined ? id : `${id}-${appId}`;
  const found = orchestrator.sessions.visible(key);
  const meant = found?.appId === appId ? found : undefined;
  const isOwn = meant?.owner === call.user;
  if (call.api === 'v0' && !isOwn) {
    throw meant === undefined ? new Refusal(404, key) : new Refusal(403, 'forbidden');
  }
  try {
    if (isOwn) await orchestrator.delete(call.user, key);
  } catch (error) {
    throw storageRefusal('the deletion', error);
  }
  return empty();
}

/** `POST /session/{id}/app` (Skaha API, 2.7). */
export async function createApp(call: Call, desktop: string): Promise<Reply> {
  const parameters = await postParameters(call.request, call.query);
  const notes = await call.site.homeCredentials.refresh(call.user);
  const lives = () => {
    const found = call.site.orchestrator.sessions.find(call.user, desktop);
    return found?.kind === 'desktop' && /^(Running|Pending)$/.test(statusOf(found.life));
  };
  const missing = () => new Refusal(404, `session ${desktop} not found`);
  const plan = planApp(parameters, rulesFor(call), lives, missing);
  const { appId } = await accept(call, plan, { desktop, notes });
  return text(`${appId}\n`);
}

/** `POST /session/{id}/app/{app}`: apps cannot be changed. */
export async function changeApp(call: Call): Promise<Reply> {
  const parameters = await postParameters(call.request, call.query);
  const image = parameters.get('image');
  if (image === undefined) throw new Refusal(400, "Missing parameter 'image'");
  throw new Refusal(400, 'Cannot modify an existing app.');
}
