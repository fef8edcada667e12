import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRecord } from '@skaha/base/json.js';
import { Semaphore } from '@skaha/base/semaphore.js';
import type { RegistryLogin, Run, RunNote } from '@skaha/engine/ports/runner.js';
import { reasonOf } from '@skaha/service/errors.js';
import { giveAway } from '@skaha/service/ownership.js';
import { resources } from './client/client.js';
import { isForbidden, isMissing, isPassing, isTaken, KubernetesError } from './client/failure.js';
import type { Job, OwnerReference, Secret } from './client/types.js';
import type { JobFacts } from './facts.js';
import { jobOf, type Plan, registrySecret, secretsOf, uidOf } from './manifest.js';
import { instanceLabel, jobName, keyLabel, labelFrom, loginName, secretName } from './names.js';
import { retried } from './retrying.js';
import { routeOf } from './routes.js';
import type { Surroundings } from './surroundings.js';
import { UserObjects } from './user-objects.js';

/** As many requests at a time keep an API server busy; more would only wait in its queues. */
const atOnce = 24;

const loginFile = 'registry-login.json';

/** Why a Job can never be made, in words for the owner of its session. */
export class LaunchRefused extends Error {}

/** Called while a Job cannot be made yet. */
export interface LaunchListener {
  /** The cluster has no room for it. */
  waits(note: RunNote): void;
  /** Something else that its owner should know. */
  noted(note: RunNote): void;
  outOfTouch(trouble: string | undefined): void;
}

const failedCreate = (message: string): RunNote => ({
  level: 'Warning',
  reason: 'FailedCreate',
  message,
});

/** Names neither the cluster nor why: what the owner of a session could do about it is to wait. */
const outOfTouchNote = failedCreate(
  'The cluster does not take the session at the moment; the platform tries again until it does',
);

/** A busy cluster only asks for a pause. */
const isBusy = (error: unknown): boolean =>
  error instanceof KubernetesError && error.status === 429;

/** Makes the objects of sessions, each once however often it is asked. */
export class Launching {
  readonly #surroundings: Surroundings;
  readonly #plan: Omit<Plan, 'hasLogin'>;
  readonly #places = new Semaphore(atOnce);
  readonly #users: UserObjects;

  constructor(surroundings: Surroundings, plan: Omit<Plan, 'hasLogin'>) {
    this.#surroundings = surroundings;
    this.#plan = plan;
    this.#users = new UserObjects(surroundings);
  }

  /** Keeps what opens the registry of an image until its Job is made; the file is the platform's own. */
  async keepLogin(key: string, login: RegistryLogin): Promise<void> {
    const folder = this.#surroundings.folderOf(key);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, loginFile), JSON.stringify(login), { mode: 0o600 });
  }

  /**
   * Makes the Job of a run, and what belongs to it; goes on while the cluster does not answer or has
   * no room for it.
   *
   * @returns the Job, which may have been there before
   * @throws {LaunchRefused} when it can never be made, and the signal's reason
   */
  async launch(run: Run, signal: AbortSignal, listener: LaunchListener): Promise<Job> {
    let isNoted = false;
    const retrying = {
      clock: this.#surroundings.clock,
      signal,
      mayPass: (error: unknown) => {
        if (isPassing(error)) {
          listener.outOfTouch(reasonOf(error));
          if (!isNoted && !isBusy(error)) {
            isNoted = true;
            listener.noted(outOfTouchNote);
          }
          return true;
        }
        if (!isQuota(error)) return false;
        listener.waits(failedCreate(reasonOf(error)));
        return true;
      },
    };
    try {
      const job = await retried(retrying, async () => {
        return await this.#places.run(signal, async () => await this.#make(run, signal));
      });
      listener.outOfTouch(undefined);
      return job;
    } catch (error) {
      if (error instanceof LaunchRefused || !(error instanceof KubernetesError)) throw error;
      await this.clear(run.key).catch(() => undefined);
      throw new LaunchRefused(refusalWords(error), { cause: error });
    }
  }

  async #make(run: Run, signal: AbortSignal): Promise<Job> {
    await this.#folders(run);
    const home = this.#plan.placeOf({ kind: 'home', user: run.user });
    await this.#users.make(run, uidOf(run, this.#plan.ownUid), home);
    const login = await this.#login(run.key);
    const plan: Plan = { ...this.#plan, hasLogin: login !== undefined };
    const secrets = [
      secretsOf(run, plan),
      login && registrySecret(run.key, registryOf(run.image), login, plan.instance),
    ].filter((secret) => secret !== undefined);
    // By its folder is found again what a platform that dies now leaves without a Job.
    if (secrets.length > 0)
      await mkdir(this.#surroundings.folderOf(run.key), { recursive: true, mode: 0o700 });
    for (const secret of secrets) await this.#secret(secret, signal);
    const job = await this.#job(run, plan, signal);
    await this.#finish(run, job, { hasLogin: plan.hasLogin, signal });
    return job;
  }

  /** What needs the Job to be there. */
  async #finish(
    run: Run,
    job: Job,
    { hasLogin, signal }: { readonly hasLogin: boolean; readonly signal: AbortSignal },
  ): Promise<void> {
    const secrets = [
      ...(Object.keys(run.secrets).length > 0 ? [secretName(run.key)] : []),
      ...(hasLogin ? [loginName(run.key)] : []),
    ];
    await this.#own(job, secrets, signal);
    await this.#route(run, job, signal);
    if (hasLogin) await rm(join(this.#surroundings.folderOf(run.key), loginFile), { force: true });
  }

  /** What the platform keeps of a session's volumes is there, and belongs to who works in it. */
  async #folders(run: Run): Promise<void> {
    const { directoryOf, ownUid } = this.#plan;
    const home = { kind: 'home', user: run.user } as const;
    for (const volume of [home, ...run.volumes]) {
      if (volume.kind === 'scratch') continue;
      const path = directoryOf(volume);
      try {
        if (volume.kind === 'home') await access(path);
        else await mkdir(path, { recursive: true, mode: 0o700 });
        if (ownUid === 0) await giveAway(path, uidOf(run, ownUid));
      } catch (error) {
        throw new LaunchRefused(`Cannot start the session: ${reasonOf(error)}`, { cause: error });
      }
    }
  }

  async #secret(secret: Secret, signal: AbortSignal): Promise<void> {
    const { client, namespace } = this.#surroundings.cluster;
    try {
      await client.create(resources.secrets, namespace, secret, signal);
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }

  async #job(run: Run, plan: Plan, signal: AbortSignal): Promise<Job> {
    const { client, namespace } = this.#surroundings.cluster;
    try {
      return await client.create<Job>(resources.jobs, namespace, jobOf(run, plan), signal);
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
    // The reply to an earlier attempt was lost, or another platform of these sessions was faster.
    const there = await client.get<Job>(resources.jobs, namespace, jobName(run), signal);
    const { labels = {} } = there.metadata;
    if (labels[instanceLabel] === plan.instance && labels[keyLabel] === labelFrom(run.key)) {
      return there;
    }
    throw new LaunchRefused(
      `Cannot start the session: there is a Job ${jobName(run)} in the namespace ${namespace} that does not belong to this platform`,
    );
  }

  /** Makes what an earlier platform had no time for after it had made a Job. */
  async complete(run: Run, { name, uid }: Pick<JobFacts, 'name' | 'uid'>): Promise<void> {
    const { clock, closing: signal, logger } = this.#surroundings;
    const job = { metadata: { name, uid } };
    const retrying = { clock, signal, mayPass: isPassing };
    try {
      await retried(retrying, async () => {
        const hasLogin = (await this.#login(run.key)) !== undefined;
        await this.#places.run(signal, async () => {
          await this.#finish(run, job, { hasLogin, signal });
        });
      });
    } catch (error) {
      if (signal.aborted) return;
      logger.warn(`what belongs to session ${run.id} cannot be completed: ${reasonOf(error)}`);
    }
  }

  /** What belongs to a Job goes with it. */
  async #own(job: Job, secrets: readonly string[], signal: AbortSignal): Promise<void> {
    const { client, namespace } = this.#surroundings.cluster;
    for (const name of secrets) {
      const change = { metadata: { ownerReferences: [ownerFrom(job)] } };
      await client.patch(resources.secrets, namespace, name, change, signal);
    }
  }

  /** What leads to its page goes with the Job, too. */
  async #route(run: Run, job: Job, signal: AbortSignal): Promise<void> {
    const { cluster, logger } = this.#surroundings;
    const { client, namespace } = cluster;
    for (const { resource, object } of routeOf(run, this.#plan, ownerFrom(job))) {
      try {
        await client.apply(resource, namespace, object, signal);
      } catch (error) {
        if (isPassing(error) || signal.aborted) throw error;
        // The platform leads to the page as well.
        logger.warn(`nothing leads to the page of session ${run.id} directly: ${reasonOf(error)}`);
        return;
      }
    }
  }

  /** Removes what sessions share, when there are none. */
  async clearShared(signal: AbortSignal): Promise<void> {
    await this.#users.clear(signal);
  }

  /** Removes what was made for a session that has no Job. */
  async clear(key: string): Promise<void> {
    const { cluster, closing } = this.#surroundings;
    for (const name of [secretName(key), loginName(key)]) {
      try {
        const { client, namespace } = cluster;
        await client.delete(resources.secrets, namespace, name, undefined, closing);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    }
  }

  async #login(key: string): Promise<{ username: string; secret: string } | undefined> {
    const path = join(this.#surroundings.folderOf(key), loginFile);
    const kept = parseRecord(await readFile(path, 'utf8').catch(() => ''));
    return kept && { username: String(kept['username']), secret: String(kept['secret']) };
  }
}

const ownerFrom = ({ metadata }: Job): OwnerReference => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  name: metadata.name ?? '',
  uid: metadata.uid ?? '',
});

/** The registry of an image as the kubelet looks for it. */
export function registryOf(image: string): string {
  const [first = ''] = image.split('/');
  const isHost = image.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  return isHost ? first : 'https://index.docker.io/v1/';
}

const isQuota = (error: unknown): boolean =>
  isForbidden(error) && error instanceof Error && error.message.includes('exceeded quota');

/** Reports that the cluster does not allow a session, in its own words. */
export const refusedBy = (why: string): string =>
  `Cannot start the session: the cluster does not allow it: ${why}`;

function refusalWords(error: KubernetesError): string {
  return error.status === 403
    ? refusedBy(error.message)
    : `Cannot start the session: the cluster refused it: ${error.message}`;
}
