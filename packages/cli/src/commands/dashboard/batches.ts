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
import type { FileJournal, JobStore, StoredBatch } from 'skaha/batch/journal';
import type { Deps } from '../../environment/deps.js';
import { keepEnds } from '../jobs/look.js';
import { reasonWords } from '../session/waiting.js';

/** Work on a batch that this process does now. */
interface BackgroundWork {
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** An error as the page shows it. */
export const errorWords = ({ code, message, hint }: SkahaError) => ({ code, message, hint });

const wordsOf = (error: unknown) =>
  isSkahaError(error) ? errorWords(error) : { code: 'internal', message: String(error) };

/** The platform is asked for at most this many sessions why they failed. */
const askedReasons = 30;

/** The batches whose journals are on this machine, for the page. */
export class Batches {
  readonly #client: () => Promise<SkahaClient>;
  readonly #store: JobStore;
  readonly #deps: Pick<Deps, 'logger' | 'now'>;
  readonly #works = new Map<string, BackgroundWork>();
  readonly #errors = new Map<string, ReturnType<typeof wordsOf>>();

  /** @param client - the one to use now: the login may change from call to call */
  constructor(
    client: () => Promise<SkahaClient>,
    store: JobStore,
    deps: Pick<Deps, 'logger' | 'now'>,
  ) {
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
      if (verb === 'resume') return await this.#resume(job, await json());
      if (verb === 'stop') return await this.#stop(job);
      if (verb === 'cancel') return await this.#cancel(job);
      if (verb === 'remove') return await this.#remove(job);
      return undefined;
    } catch (error) {
      if (!isSkahaError(error)) throw error;
      return { error: errorWords(error) };
    }
  }

  /** Ends the launching; every journal can be resumed. */
  async close(): Promise<void> {
    for (const { stop } of this.#works.values()) stop.abort();
    await Promise.allSettled([...this.#works.values()].map(({ done }) => done));
  }

  async #list() {
    const { root } = await (await this.#client()).connection();
    const stored = await this.#store.list();
    const here = stored.filter(({ state }) => state === undefined || state.server === root);
    const batches = await this.#refreshed(here);
    return { batches: batches.map((batch) => this.#summary(batch)).reverse() };
  }

  async #show(job: string) {
    const stored = await this.#store.read(job);
    const [batch = stored] = await this.#refreshed([stored]);
    const all = batch.state?.items ?? [];
    const failed = all.filter(({ phase }) => phase === 'failed').flatMap(({ id }) => id ?? []);
    const client = await this.#client();
    // Events that are there no more are no failure.
    const reasons = await client.sessions.reasons(failed.slice(0, askedReasons));
    const items = batch.state?.items.map(({ index, name, row, phase, attempts, id, error }) => {
      const reason = reasons.get(id ?? '');
      const known = error ?? (reason && { message: reasonWords(reason), hint: undefined });
      const words = known && { message: known.message, hint: known.hint };
      return { index, name, row, phase, attempts, id, error: words };
    });
    return { ...this.#summary(batch), items };
  }

  /** The batches with what the platform says about their sessions now, where that matters. */
  async #refreshed(batches: readonly StoredBatch[]): Promise<StoredBatch[]> {
    const isOpen = batches.some(({ state }) =>
      state?.items.some(({ phase }) => phase === 'launched'),
    );
    const sessions = isOpen ? await (await this.#client()).sessions.fetch() : [];
    const refreshed = batches.map(async (batch) =>
      this.#works.has(batch.job) ? batch : await keepEnds(batch, sessions, this.#store, this.#deps),
    );
    return Promise.all(refreshed);
  }

  #summary({ job, state, owner, error }: StoredBatch) {
    const counts: Partial<Record<ItemPhase, number>> = {};
    for (const { phase } of state?.items ?? []) counts[phase] = (counts[phase] ?? 0) + 1;
    const known = this.#errors.get(job) ?? (error && wordsOf(error));
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
    await this.#work(journal, (client, signal) => runBatch(client, spec, { journal, signal }));
    const error = this.#errors.get(job);
    if (error === undefined) return { job };
    const isEmpty = await this.#store.read(job).then(
      ({ state }) => state === undefined,
      (reason) => isSkahaError(reason, 'batch.not_found'),
    );
    if (!isEmpty) return { job };
    this.#errors.delete(job);
    await this.#store.remove(job).catch(() => undefined);
    return { error };
  }

  /** @param body - whether items that failed, and those nobody knows of, are launched again */
  async #resume(job: string, body: unknown) {
    if (this.#works.has(job)) return await this.#show(job);
    const given = isRecord(body) ? body : {};
    const { state } = await this.#store.read(job);
    const failures = (state?.items ?? []).map((item) => item.failures);
    const journal = await this.#store.open(job);
    await this.#work(journal, (client, signal) =>
      resumeBatch(client, {
        journal,
        signal,
        until: 'launched',
        resubmitUnknown: given['unknown'] === true,
        // One more try for each that failed, however often it did.
        retries: given['failed'] === true ? Math.max(0, ...failures) : 0,
        retryOn: ['failed'],
        backoffMs: 0,
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
      await cancelBatch(await this.#client(), { journal });
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

  /**
   * Works on a batch in the background.
   *
   * @returns when the first item has an outcome, or the work is over
   */
  #work(
    journal: FileJournal,
    begin: (client: SkahaClient, signal: AbortSignal) => AsyncGenerator<BatchOutcome, BatchState>,
  ): Promise<void> {
    const { job } = journal;
    const stop = new AbortController();
    this.#errors.delete(job);
    return new Promise<void>((resolve) => {
      const run = async () => {
        try {
          for await (const _ of begin(await this.#client(), stop.signal)) resolve();
        } catch (error) {
          if (!stop.signal.aborted) this.#errors.set(job, wordsOf(error));
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
