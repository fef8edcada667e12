import { base64 } from '@skaha/base/bytes.js';
import { delayedSignal } from '@skaha/base/signals.js';
import { launchKeyHeader } from '@skaha/wire/launch-keys.js';
import type { ClientCore } from '../client/core.js';
import { abortError } from '../client/failures.js';
import { collect, isAuthenticationError, settleMany } from '../client/many.js';
import { platformResources } from '../context.js';
import { SkahaError } from '../errors/index.js';
import { defaultRegistry, parseImageReference } from '../models/image.js';
import type { Resources } from '../models/resources.js';
import type { SessionInfo } from '../models/session.js';
import { registryHosts } from '../repository.js';
import { listSessions } from './list.js';
import { isOutcomeUnknown, type LostReplies, lostReplies } from './outcome.js';
import { checkCreate, generalMaxima, planCreate } from './plan.js';
import type {
  CreatedSession,
  CreateOptions,
  CreatePlan,
  CreateResult,
  PlannedRequest,
  RegistryCredential,
} from './types.js';

/** How long launches under way may still take after the caller cancelled, in milliseconds. */
const grace = 2_000;

/** Ids of new sessions; anything else in their place is no reply of a Science Platform. */
const newId = /^[a-z0-9]{4,63}$/;

/**
 * Launches sessions. See `Session.create`.
 *
 * @param core - shared by the client's parts
 * @param options - what to launch
 */
export async function createSessions(
  core: ClientCore,
  options: CreateOptions,
): Promise<CreateResult> {
  // First without asking the platform, so that what is plainly wrong costs no request.
  checkCreate(withinGeneralBounds(options));
  const { signal } = options;
  if (signal?.aborted) throw abortError(signal.reason);
  const facts = Promise.all([offered(core, options), registryFor(core, options)]);
  const [[resources, registry], before] = await Promise.all([
    facts,
    existing(core, options, facts),
  ]);
  const plan = planCreate(options, resources, registry);
  for (const note of plan.notes) core.settings.logger.warn(note);
  options.onPlanned?.(plan);
  const headers = await registryHeader(core, plan.image, options.registryCredential);
  const launch = new Launch(core, options, plan, before, headers);
  return launch.run();
}

/** One call of `create`, from the first request to the last. */
class Launch {
  readonly #core: ClientCore;
  readonly #options: CreateOptions;
  readonly #plan: CreatePlan;
  readonly #lost: LostReplies;
  readonly #headers: Readonly<Record<string, string>>;
  /** Identifies this launch among all others, where the platform remembers it. */
  readonly #name: string | undefined;

  constructor(
    core: ClientCore,
    options: CreateOptions,
    plan: CreatePlan,
    before: readonly SessionInfo[] | undefined,
    headers: Readonly<Record<string, string>>,
  ) {
    this.#core = core;
    this.#options = options;
    this.#plan = plan;
    this.#headers = headers;
    this.#name = core.takesLaunchKeys ? launchName() : undefined;
    this.#lost = lostReplies(core, before, (signal) => listSessions(core, { signal }));
  }

  async run(): Promise<CreateResult> {
    const { requests } = this.#plan;
    const { signal } = this.#options;
    const late = delayedSignal(this.#core.settings.clock, grace, signal);
    try {
      const outcomes = await settleMany(this.#core, requests, { signal }, async (request) => {
        const id = await this.#launch(request, late.signal);
        const session = { index: request.index, name: request.name, id };
        const { onCreated } = this.#options;
        this.#core.callBack('onCreated', () => onCreated?.(session), { id });
        return session;
      });
      const sessions = collect<PlannedRequest, CreatedSession>(requests, outcomes, {
        verb: 'launch',
        name: ({ name }) => name,
        isWrite: true,
      });
      return { ids: sessions.map(({ id }) => id), sessions };
    } finally {
      late.release();
    }
  }

  async #launch(request: PlannedRequest, signal: AbortSignal): Promise<string> {
    const key = this.#name === undefined ? undefined : `${this.#name}-${request.index}`;
    try {
      const reply = await this.#core.request({
        method: 'POST',
        path: ['session'],
        form: request.form,
        headers: key === undefined ? this.#headers : { ...this.#headers, [launchKeyHeader]: key },
        accept: 'text/plain',
        maximumBytes: 64 * 1024,
        timeoutMs: this.#options.timeoutMs,
        signal,
      });
      const id = createdId(reply.text(), reply.status);
      this.#core.claimed.add(id);
      return id;
    } catch (error) {
      if (!(error instanceof SkahaError) || !isOutcomeUnknown(error)) throw error;
      this.#core.settings.logger.warn('The reply to a launch was lost; looking for the session.', {
        name: request.name,
        code: error.code,
      });
      return await this.#lost.find(request.name, error, key);
    }
  }
}

/**
 * Reads the id of something that was created.
 *
 * @param text - the reply
 * @param status - of the reply, for the error
 * @throws {SkahaError} `response.invalid` when it is no id
 */
export function createdId(text: string, status: number): string {
  const id = text.trim();
  if (newId.test(id)) return id;
  throw new SkahaError('response.invalid', 'The server did not answer with an id.', {
    status,
    hint: 'Check the address of the server: another service may answer there.',
  });
}

/** 128 bits that nobody else has. */
export function launchName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Only the platform can say whether an amount is too large: it may offer more than most. */
function withinGeneralBounds(options: CreateOptions): CreateOptions {
  const { cores, memoryGiB, gpus } = options;
  const atMost = (value: number | undefined, maximum: number) =>
    value === undefined ? undefined : Math.min(value, maximum);
  return {
    ...options,
    cores: atMost(cores, generalMaxima.cores),
    memoryGiB: atMost(memoryGiB, generalMaxima.memoryGiB),
    gpus: atMost(gpus, generalMaxima.gpus),
  };
}

/** The platform's own bounds, where there is something to check and it can be asked. */
export async function offered(
  core: ClientCore,
  options: CreateOptions,
): Promise<Resources | undefined> {
  const { cores, memoryGiB, gpus } = options;
  if (cores === undefined && memoryGiB === undefined && gpus === undefined) return undefined;
  return optional(platformResources(core, options));
}

/** The host for an image that names none. */
export async function registryFor(core: ClientCore, options: CreateOptions): Promise<string> {
  if (parseImageReference(options.image)?.registry !== undefined) return defaultRegistry;
  const hosts = await optional(registryHosts(core, options));
  return hosts?.[0] ?? defaultRegistry;
}

/**
 * What there is before the launch, which distinguishes its sessions from others of the same names;
 * undefined where that is not known, or a key identifies them.
 *
 * @param facts - what is asked beside it
 */
async function existing(
  core: ClientCore,
  { signal, timeoutMs }: CreateOptions,
  facts: Promise<unknown>,
): Promise<SessionInfo[] | undefined> {
  // On this machine a reply takes no time, and a long list does: the first reply shows whether it is needed.
  if (!core.takesLaunchKeys && (await core.connection()).socket !== undefined) await facts;
  if (core.takesLaunchKeys) return undefined;
  return await optional(listSessions(core, { signal, timeoutMs }));
}

/** A fact that helps but is not needed; what would fail every request is thrown all the same. */
async function optional<T>(fact: Promise<T>): Promise<T | undefined> {
  try {
    return await fact;
  } catch (error) {
    const isHarmless =
      error instanceof SkahaError && error.status !== undefined && !isAuthenticationError(error);
    if (isHarmless && error.code !== 'response.redirect' && error.code !== 'server.not_found') {
      return undefined;
    }
    throw error;
  }
}

/** The registry secret goes only where it belongs: with an image of that very registry. */
export async function registryHeader(
  core: ClientCore,
  image: string,
  given?: RegistryCredential,
): Promise<Readonly<Record<string, string>>> {
  const host = parseImageReference(image)?.registry ?? '';
  const { registries } = await core.connection();
  const credential = given ?? (Object.hasOwn(registries, host) ? registries[host] : undefined);
  if (credential === undefined) return {};
  const { username, secret } = credential;
  const missing = username === '' ? 'user name' : secret === '' ? 'secret' : undefined;
  if (given === undefined && missing !== undefined) {
    throw new SkahaError('config.invalid', `There is no ${missing} for the registry ${host}.`, {
      hint: `Save one with 'skaha registry login ${host}', or set both SKAHA_REGISTRY_USERNAME and SKAHA_REGISTRY_SECRET.`,
    });
  }
  if (/[:\p{Cc}]/u.test(username + secret) || username.trim() === '' || secret.trim() === '') {
    throw new SkahaError(
      given === undefined ? 'config.invalid' : 'request.invalid',
      `The platform cannot accept the credentials for the registry ${host}.`,
      {
        hint: 'The user name and secret must not be empty or contain a colon or a control character.',
      },
    );
  }
  return { 'x-skaha-registry-auth': base64(`${username}:${secret}`) };
}
