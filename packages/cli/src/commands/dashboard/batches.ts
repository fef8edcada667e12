import { isRecord } from '@skaha/base/record.js';
import type { PortalCall } from '@skaha/dashboard/portal.js';
import { isSkahaError, type SkahaClient, SkahaError } from 'skaha';
import {
  type BatchOutcome,
  type BatchSpec,
  type BatchState,
  cancelBatch,
  type ItemPhase,
  resumeBatch,
  runBatch,
} from 'skaha/batch';
import type { JobStore, StoredBatch } from 'skaha/batch/journal';
import type { Deps } from '../../deps.js';
import { keepEnds } from '../jobs/look.js';
import { reasonWords } from '../session/waiting.js';
import type { CurrentClient } from './current-client.js';

/** Work on a batch that this process does now. */
interface BackgroundWork {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

interface ErrorWords {
  code: string;
  message: string;
  hint?: string | undefined;
}

/** What a batch that goes on does with items that failed and with those nobody knows of. */
interface ResumeInput {
  failed: boolean;
  unknown: boolean;
}

/** The batches whose journals are on this machine, for the page. */
export class Batches {
  readonly #client: CurrentClient;
  readonly #store: JobStore;
  readonly #deps: Pick<Deps, 'logger' | 'now'>;
  readonly #works = new Map<string, BackgroundWork>();
  readonly #errors = new Map<string, ErrorWords>();

  constructor(client: CurrentClient, store: JobStore, deps: Pick<Deps, 'logger' | 'now'>) {
    this.#client = client;
    this.#store = store;
    this.#deps = deps;
  }

  /** Answers a call below `batches`; undefined for any other. */
  async answer({ method, path, json }: PortalCall): Promise<unknown> {
    const [noun, job, verb] = path;
    if (noun !== 'batches') return undefined;
    try {
      if (job === undefined) {
        return method === 'POST' ? await this.#launch(await json()) : await this.#list();
      }
      if (method === 'GET') return await this.#show(job);
      if (method !== 'POST') return undefined;
      if (verb === 'resume') return await this.#resume(job, resumeInputOf(await json()));
      if (verb === 'stop') return await this.#stop(job);
      if (verb === 'cancel') return await this.#cancel(job);
      if (verb === 'remove') return await this.#remove(job);
      return undefined;
    } catch (error) {
      if (!isSkahaError(error)) throw error;
      return { error: documentOf(error) };
    }
  }

  /** Ends the launching; every journal can be resumed. */
  async close(): Promise<void> {
    for (const { stop } of this.#works.values()) stop.abort();
    await Promise.allSettled([...this.#works.values()].map(({ done }) => done));
  }

  async #list() {
    const { root } = await (await this.#client.get()).connection();
    const stored = await this.#store.list();
    const here = stored.filter(({ state }) => state === undefined || state.server === root);
    const batches = await this.#refreshed(here);
    return { batches: batches.map((batch) => this.#summary(batch)).reverse() };
  }

  async #show(job: string) {
    const stored = await this.#store.read(job);
    const [batch = stored] = await this.#refreshed([stored]);
    const reasons = await this.#reasons(batch.state);
    const items = batch.state?.items.map(({ index, name, row, phase, attempts, id, error }) => ({
      index,
      name,
      row,
      phase,
      attempts,
      id,
      error:
        error === undefined ? reasons.get(id ?? '') : { message: error.message, hint: error.hint },
    }));
    return { ...this.#summary(batch), items };
  }

  /** The batches with what the platform says about their sessions now, where that matters. */
  async #refreshed(batches: readonly StoredBatch[]): Promise<StoredBatch[]> {
    const isOpen = batches.some(({ state }) => state?.items.some(isLaunched));
    const sessions = isOpen ? await (await this.#client.get()).sessions.fetch() : [];
    const refreshed = batches.map(async (batch) =>
      this.#works.has(batch.job) ? batch : await keepEnds(batch, sessions, this.#store, this.#deps),
    );
    return Promise.all(refreshed);
  }

  /** Why sessions failed, as their events tell; events that are there no more are no failure. */
  async #reasons(state: BatchState | undefined): Promise<ReadonlyMap<string, { message: string }>> {
    const failed = (state?.items ?? []).filter(({ phase }) => phase === 'failed');
    const ids = failed.flatMap(({ id }) => id ?? []).slice(0, askedReasons);
    const reasons = await (await this.#client.get()).sessions.reasons(ids);
    return new Map([...reasons].map(([id, reason]) => [id, { message: reasonWords(reason) }]));
  }

  #summary({ job, state, owner, error }: StoredBatch) {
    const counts: Partial<Record<ItemPhase, number>> = {};
    for (const { phase } of state?.items ?? []) counts[phase] = (counts[phase] ?? 0) + 1;
    const known = this.#errors.get(job) ?? (error === undefined ? undefined : documentOf(error));
    return {
      job,
      counts,
      name: state?.name,
      image: state?.image,
      startedAt: state?.startedAt,
      changedAt: state?.changedAt,
      total: state?.items.length ?? 0,
      cancelled: state?.cancelled !== undefined,
      working: this.#works.has(job),
      elsewhere: owner !== undefined && !this.#works.has(job),
      error: known,
    };
  }

  async #launch(body: unknown) {
    const spec = specOf(body);
    const journal = await this.#store.openNew(spec.name);
    const { job } = journal;
    const isBegun = this.#work(job, journal, (client, signal) =>
      runBatch(client, spec, { journal, signal }),
    );
    await isBegun;
    const error = this.#errors.get(job);
    if (error !== undefined && (await this.#isEmpty(job))) {
      this.#errors.delete(job);
      await this.#store.remove(job).catch(() => undefined);
      return { error };
    }
    return { job };
  }

  async #resume(job: string, { failed, unknown }: ResumeInput) {
    if (this.#works.has(job)) return await this.#show(job);
    const { state } = await this.#store.read(job);
    // One more try for each that failed, however often it did.
    const most = Math.max(0, ...(state?.items ?? []).map(({ failures }) => failures));
    const again = failed ? ({ retries: most, retryOn: ['failed'], backoffMs: 0 } as const) : {};
    const journal = await this.#store.open(job);
    await this.#work(job, journal, (client, signal) =>
      resumeBatch(client, {
        journal,
        signal,
        resubmitUnknown: unknown,
        until: 'launched',
        ...again,
      }),
    );
    return await this.#show(job);
  }

  async #stop(job: string) {
    const work = this.#works.get(job);
    work?.stop.abort();
    await work?.done;
    return await this.#show(job);
  }

  async #cancel(job: string) {
    await this.#stop(job);
    const journal = await this.#store.open(job);
    try {
      await cancelBatch(await this.#client.get(), { journal });
    } finally {
      await journal.close();
    }
    return await this.#show(job);
  }

  async #remove(job: string) {
    await this.#stop(job);
    await this.#store.remove(job);
    return {};
  }

  async #isEmpty(job: string): Promise<boolean> {
    try {
      return (await this.#store.read(job)).state === undefined;
    } catch (error) {
      return isSkahaError(error, 'batch.not_found');
    }
  }

  /**
   * Works on a batch in the background.
   *
   * @returns when the first item has an outcome, or the work is over
   */
  #work(
    job: string,
    journal: { close(): Promise<void> },
    begin: (client: SkahaClient, signal: AbortSignal) => AsyncGenerator<BatchOutcome, BatchState>,
  ): Promise<void> {
    const stop = new AbortController();
    this.#errors.delete(job);
    return new Promise<void>((resolve) => {
      const run = async () => {
        try {
          for await (const _ of begin(await this.#client.get(), stop.signal)) resolve();
        } catch (error) {
          if (!stop.signal.aborted) this.#errors.set(job, documentOf(error));
        } finally {
          await journal.close();
          this.#works.delete(job);
          resolve();
        }
      };
      this.#works.set(job, { stop, done: run() });
    });
  }
}

/** The platform is asked for at most this many sessions why they failed. */
const askedReasons = 30;

const isLaunched = ({ phase }: { phase: ItemPhase }): boolean => phase === 'launched';

function documentOf(error: unknown): ErrorWords {
  if (!isSkahaError(error)) return { code: 'internal', message: String(error) };
  const { code, message, hint } = error;
  return { code, message, hint };
}

const resumeInputOf = (body: unknown): ResumeInput => ({
  failed: isRecord(body) && body['failed'] === true,
  unknown: isRecord(body) && body['unknown'] === true,
});

/** The library checks all that is in it. */
function specOf(body: unknown): BatchSpec {
  if (isRecord(body) && isRecord(body['spec'])) {
    const { name, image } = body['spec'];
    if (typeof name === 'string' && typeof image === 'string') {
      return { ...body['spec'], name, image };
    }
  }
  throw new SkahaError('request.invalid', 'A batch needs a name and an image.');
}
