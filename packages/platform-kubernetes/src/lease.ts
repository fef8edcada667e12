import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import { reasonOf } from '@skaha/service/errors.js';
import { type KubernetesClient, resources } from './client/client.js';
import { isMissing, isTaken, KubernetesError } from './client/failure.js';
import type { LeaseObject } from './client/types.js';

/** What a lease is held by. */
export interface LeaseOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly name: string;
  /** How long a holder that died keeps its place. */
  readonly seconds: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The changes of a lease are counted here, so that no two clocks are held against each other. */
interface Seen {
  readonly version: string;
  /** On a clock that only goes forward, in milliseconds. */
  readonly at: number;
}

/**
 * A Lease of Kubernetes (`coordination.k8s.io`): one of several platforms holds it, and works. Whoever
 * cannot renew it stops before another may take it.
 */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #holder = `${hostname()}_${randomUUID()}`;
  readonly #lost = new AbortController();
  readonly #released = new AbortController();
  #seen: Seen | undefined;
  /** When the last change of ours was asked for that was done. */
  #renewedAt = 0;
  #watchdog: NodeJS.Timeout | undefined;
  #renewing: Promise<void> | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Aborted as soon as another may hold it. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  get #everyMs(): number {
    return (this.#options.seconds * 1000) / 5;
  }

  /** Longer than this without a renewal, and the place is given up. */
  get #deadlineMs(): number {
    return (this.#options.seconds * 1000 * 2) / 3;
  }

  /**
   * Waits until it is ours, and renews it from then on.
   *
   * @throws what the cluster refuses it with, and the signal's reason
   */
  async acquire(signal: AbortSignal | undefined): Promise<void> {
    const { clock, logger } = this.#options;
    let reported = '';
    for (;;) {
      signal?.throwIfAborted();
      const askedAt = performance.now();
      try {
        const other = await this.#attempt(signal);
        if (other === undefined) {
          this.#renewedAt = askedAt;
          break;
        }
        if (other !== reported)
          logger.info(`another platform is active: ${other}; this one is waiting`);
        reported = other;
      } catch (error) {
        signal?.throwIfAborted();
        if (!mayPass(error)) throw error;
        logger.debug(`the lease cannot be acquired at the moment: ${reasonOf(error)}`);
      }
      await clock.sleep(this.#everyMs * (0.8 + Math.random() * 0.4), signal);
    }
    this.#watchdog = setInterval(() => this.#look(), this.#everyMs / 2).unref();
    this.#renewing = this.#renew();
  }

  /** Gives it back, so that another has it at once. */
  async release(): Promise<void> {
    this.#released.abort();
    clearInterval(this.#watchdog);
    await this.#renewing;
    if (this.#lost.signal.aborted) return;
    try {
      const there = await this.#read(AbortSignal.timeout(this.#deadlineMs));
      if (there?.spec?.holderIdentity !== this.#holder) return;
      const spec = { ...there.spec, holderIdentity: '', leaseDurationSeconds: 1 };
      await this.#write({ ...there, spec }, AbortSignal.timeout(this.#deadlineMs));
    } catch (error) {
      // Then it expires.
      this.#options.logger.debug(`the lease cannot be given back: ${reasonOf(error)}`);
    }
  }

  async #renew(): Promise<void> {
    const { clock, logger } = this.#options;
    const ending = AbortSignal.any([this.#released.signal, this.#lost.signal]);
    while (!ending.aborted) {
      try {
        await clock.sleep(this.#everyMs, ending);
        const askedAt = performance.now();
        const signal = AbortSignal.any([ending, AbortSignal.timeout(this.#deadlineMs)]);
        const other = await this.#attempt(signal);
        if (other === undefined) this.#renewedAt = askedAt;
        else this.#lose(`${other} has taken it`);
      } catch (error) {
        if (ending.aborted) return;
        logger.warn(`the lease cannot be renewed: ${reasonOf(error)}`);
      }
    }
  }

  /** Also after the process was stopped for a while: then its place may be another's. */
  #look(): void {
    if (performance.now() - this.#renewedAt < this.#deadlineMs) return;
    this.#lose('it could not be renewed in time');
  }

  #lose(why: string): void {
    if (this.#lost.signal.aborted || this.#released.signal.aborted) return;
    clearInterval(this.#watchdog);
    const { namespace, name } = this.#options;
    this.#lost.abort(new Error(`the Lease ${name} in the namespace ${namespace} is lost: ${why}`));
  }

  /**
   * Tries to hold it.
   *
   * @returns who else does
   */
  async #attempt(signal: AbortSignal | undefined): Promise<string | undefined> {
    const there = await this.#read(signal);
    if (there === undefined) {
      const { client, namespace, name } = this.#options;
      const metadata = { name };
      const made: LeaseObject = { metadata, spec: this.#spec(undefined) };
      try {
        await client.create(resources.leases, namespace, made, signal);
        return undefined;
      } catch (error) {
        if (isTaken(error)) return 'one that was faster';
        throw error;
      }
    }
    const holder = there.spec?.holderIdentity ?? '';
    if (holder !== this.#holder && holder !== '' && !this.#isOver(there)) return holder;
    try {
      await this.#write({ ...there, spec: this.#spec(there) }, signal);
      return undefined;
    } catch (error) {
      // Somebody changed it in between.
      if (error instanceof KubernetesError && error.status === 409) return 'one that was faster';
      throw error;
    }
  }

  /** Whether its holder has not been heard of for as long as it keeps its place. */
  #isOver({ metadata, spec }: LeaseObject): boolean {
    const version = metadata.resourceVersion ?? '';
    const now = performance.now();
    if (this.#seen?.version !== version) this.#seen = { version, at: now };
    const seconds = spec?.leaseDurationSeconds ?? this.#options.seconds;
    return now - this.#seen.at > seconds * 1000;
  }

  #spec(before: LeaseObject | undefined): NonNullable<LeaseObject['spec']> {
    const now = new Date(this.#options.clock.now()).toISOString().replace('Z', '000Z');
    const isOurs = before?.spec?.holderIdentity === this.#holder;
    return {
      holderIdentity: this.#holder,
      leaseDurationSeconds: this.#options.seconds,
      acquireTime: (isOurs ? before?.spec?.acquireTime : undefined) ?? now,
      renewTime: now,
      leaseTransitions:
        (before?.spec?.leaseTransitions ?? 0) + (isOurs || before === undefined ? 0 : 1),
    };
  }

  async #read(signal: AbortSignal | undefined): Promise<LeaseObject | undefined> {
    const { client, namespace, name } = this.#options;
    try {
      return await client.get<LeaseObject>(resources.leases, namespace, name, signal);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** With the version that was read: whoever comes second is refused. */
  async #write(lease: LeaseObject, signal: AbortSignal | undefined): Promise<void> {
    const { client, namespace, name } = this.#options;
    const { version: apiVersion, kind } = resources.leases;
    await client.transport.json<LeaseObject>({
      method: 'PUT',
      path: client.path(resources.leases, namespace, name),
      body: { ...lease, apiVersion, kind },
      signal,
    });
  }
}

/** What somebody has to repair is reported at once. */
const mayPass = (error: unknown): boolean =>
  !(error instanceof KubernetesError) || (error.status !== 403 && error.status !== 422);
