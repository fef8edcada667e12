import { isList } from '@skaha/base/record.js';
import type { ClientCore } from '../client/core.js';
import { type CallOptions, integerIssue, throwIssues } from '../client/options.js';
import { type ClientHolder, coreOf } from '../client/source.js';
import { checkIds } from '../client/url.js';
import { isSkahaError, SkahaError, ValidationError } from '../errors/index.js';
import { completeImage, parseImageReference } from '../models/image.js';
import { readSession, type SessionInfo } from '../models/session.js';
import { registryHosts } from '../repository.js';
import { createdId } from './create.js';
import { isOutcomeUnknown } from './outcome.js';
import { readDescription } from './read.js';
import type { CreateAppOptions, CreatedApp } from './types.js';

/** Programs with a window on a desktop session. */
export class DesktopApps {
  readonly #core: ClientCore;

  /** @param client - whose connection is used */
  constructor(client: ClientHolder) {
    this.#core = coreOf(client);
  }

  /**
   * Lists the apps of one desktop.
   *
   * @param desktopId - id of the desktop session
   * @param options - signal and timeout
   * @returns the apps; each has the desktop's `id` and its own `appId`
   * @throws {SkahaError} `request.invalid` and the codes of every call
   */
  async list(desktopId: string, options: CallOptions = {}): Promise<SessionInfo[]> {
    checkIds([desktopId], 'desktopId');
    const { signal, timeoutMs } = options;
    const path = ['session', desktopId, 'app'];
    const request = { method: 'GET', path, id: desktopId, signal, timeoutMs } as const;
    const apps = await this.#core.requestJson(request, isList);
    // The server lists the apps of all the user's desktops, whichever was asked for.
    return apps.map(readSession).filter(({ id }) => id === desktopId);
  }

  /**
   * Describes one app.
   *
   * @param desktopId - id of the desktop session
   * @param appId - the app's own id
   * @param options - signal and timeout
   * @returns the app
   * @throws {SkahaError} `session.not_found`, `request.invalid` and the codes of every call
   */
  async get(desktopId: string, appId: string, options: CallOptions = {}): Promise<SessionInfo> {
    checkIds([desktopId, appId], 'ids');
    return readDescription(this.#core, { path: path(desktopId, appId), id: appId }, options);
  }

  /**
   * Starts an app.
   *
   * @param desktopId - id of a desktop session that runs
   * @param options - image and size
   * @returns its id
   * @throws {SkahaError} `session.not_found` without such a desktop, `request.invalid`,
   *   `session.outcome_unknown` if the reply was lost, and the codes of every call
   */
  async create(desktopId: string, options: CreateAppOptions): Promise<CreatedApp> {
    checkIds([desktopId], 'desktopId');
    const form = await this.#form(options);
    try {
      const reply = await this.#core.request({
        method: 'POST',
        path: ['session', desktopId, 'app'],
        form,
        accept: 'text/plain',
        maximumBytes: 64 * 1024,
        id: desktopId,
        signal: options.signal,
        timeoutMs: options.timeoutMs,
      });
      return { appId: appId(reply.text(), reply.status), desktopId };
    } catch (error) {
      if (!isSkahaError(error) || !isOutcomeUnknown(error)) throw error;
      throw new SkahaError(
        'session.outcome_unknown',
        `The platform's reply to the start of an app on ${desktopId} was lost.`,
        { cause: error, id: desktopId, hint: 'List the apps before you start it again.' },
      );
    }
  }

  /**
   * Ends an app.
   *
   * @param desktopId - id of the desktop session
   * @param appId - the app's own id
   * @param options - signal and timeout
   * @throws {SkahaError} `session.not_found`, `request.invalid` and the codes of every call
   */
  async destroy(desktopId: string, appId: string, options: CallOptions = {}): Promise<void> {
    // The server answers 200 also when there is no such app.
    await this.get(desktopId, appId, options);
    const { deleteOne } = await import('./destroy.js');
    await deleteOne(this.#core, { path: path(desktopId, appId), id: appId }, options);
  }

  async #form(options: CreateAppOptions): Promise<[string, string][]> {
    const { cores, memoryGiB } = options;
    const reference = parseImageReference(options.image);
    if (reference === undefined) {
      const message = `${JSON.stringify(options.image)} is not an image reference.`;
      throw new ValidationError([{ path: 'image', message }]);
    }
    throwIssues([
      integerIssue('cores', cores, { minimum: 1, maximum: 256 }),
      integerIssue('memoryGiB', memoryGiB, { minimum: 1, maximum: 512 }),
    ]);
    const registry =
      reference.registry ?? (await registryHosts(this.#core, options).catch(ignoreRefusal))?.[0];
    const form: [string, string][] = [['image', completeImage(reference, registry)]];
    if (cores !== undefined) form.push(['cores', String(cores)]);
    if (memoryGiB !== undefined) form.push(['ram', String(memoryGiB)]);
    return form;
  }
}

const path = (desktopId: string, appId: string) => ['session', desktopId, 'app', appId];

/** App ids are shorter than those of sessions. */
function appId(text: string, status: number): string {
  const id = text.trim();
  return /^[a-z0-9]{3}$/.test(id) ? id : createdId(text, status);
}

function ignoreRefusal(error: unknown): undefined {
  if (isSkahaError(error, 'server.error') || isSkahaError(error, 'request.rejected')) return;
  throw error;
}
